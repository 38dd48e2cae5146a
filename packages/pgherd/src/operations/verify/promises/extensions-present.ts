import type { PromiseCheck } from '../promise.ts'

/** Each declared extension is created in its database. */
export const extensionsPresent: PromiseCheck = {
  id: 'extensions-present',
  rows: ['A9', 'J2', 'P3'],
  promise: 'every declared extension is there',
  appliesTo: (spec) => Object.values(spec.databases).some(({ extensions }) => extensions.length > 0),
  async measure({ context, asSuperuser }) {
    const missing: string[] = []
    const found: string[] = []
    for (const [database, { extensions }] of Object.entries(context.spec.databases)) {
      const client = await asSuperuser(database)
      const { rows } = await client.query<{ extname: string; extversion: string }>(
        'select extname, extversion from pg_catalog.pg_extension where extname = any($1)',
        [extensions],
      )
      found.push(...rows.map(({ extname, extversion }) => `${extname} ${extversion}`))
      const names = rows.map(({ extname }) => extname)
      missing.push(...extensions.filter((name) => !names.includes(name)).map((name) => `${database}.${name}`))
    }
    return {
      ok: missing.length === 0,
      measured: missing.length > 0 ? `missing: ${missing.join(', ')}` : found.join(', '),
    }
  },
}
