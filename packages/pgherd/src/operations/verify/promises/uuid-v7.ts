import type { PromiseCheck } from '../promise.ts'

/** Time-ordered primary keys: native on 18. */
export const uuidV7: PromiseCheck = {
  id: 'uuid-v7',
  rows: ['J1'],
  promise: 'uuidv7() makes time-ordered keys',
  appliesTo: (spec) => spec.postgres.version >= 18,
  async measure({ asSuperuser }) {
    const client = await asSuperuser()
    const { rows } = await client.query<{ version: number; ordered: boolean }>(
      `select pg_catalog.uuid_extract_version(a)::int as version, a < b as ordered
         from (select pg_catalog.uuidv7() as a, pg_catalog.uuidv7() as b offset 0) as made`,
    )
    return {
      ok: rows[0]?.version === 7 && rows[0].ordered,
      measured: `version ${rows[0]?.version ?? '?'}, ordered ${rows[0]?.ordered ?? '?'}`,
    }
  },
}
