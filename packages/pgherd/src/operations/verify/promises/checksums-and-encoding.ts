import type { PromiseCheck } from '../promise.ts'

/** Pages carry checksums and text is UTF-8. */
export const checksumsAndEncoding: PromiseCheck = {
  id: 'checksums-and-encoding',
  rows: ['P3'],
  promise: 'data checksums are on and every declared database has its encoding',
  appliesTo: () => true,
  async measure({ context, asSuperuser }) {
    const client = await asSuperuser()
    const { rows } = await client.query<{ checksums: string; databases: Record<string, string> | null }>(
      `select pg_catalog.current_setting('data_checksums') as checksums,
              (select pg_catalog.json_object_agg(datname, pg_catalog.pg_encoding_to_char(encoding)) from pg_catalog.pg_database) as databases`,
    )
    const { checksums = 'off', databases } = rows[0] ?? {}
    const wrong = Object.entries(context.spec.databases).filter(
      ([name, { encoding }]) => databases?.[name] !== encoding,
    )
    return {
      ok: checksums === 'on' && wrong.length === 0,
      measured: `data_checksums ${checksums}; ${wrong.length > 0 ? `wrong encoding: ${wrong.map(([name]) => name).join(', ')}` : 'encodings as declared'}`,
    }
  },
}
