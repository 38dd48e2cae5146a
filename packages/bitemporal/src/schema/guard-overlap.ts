import type { Pool } from 'pg'
import { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import type { InstallOptions } from './install.ts'
import { checkSchemaName, defaultSchema } from './schema-name.ts'

const isGuarded: Query = {
  name: 'is-guarded',
  text: (bt) => `select exists (select from pg_constraint
    where conrelid = '${bt}.current_fact'::regclass and conname = 'current_fact_overlap')`,
}

/**
 * Has the server itself refuse overlapping facts of a key, whoever writes them, with an exclusion constraint (extension
 * btree_gist, which comes with PostgreSQL). The functions of this library keep them apart without it, and changes are
 * slower by a third or so with it; so it is for databases into which others write. May run again. Load first, guard then.
 */
export async function guardOverlap(
  pool: Pool,
  { schema = defaultSchema }: InstallOptions = {},
): Promise<void> {
  const database = new Database({ pool, schema: checkSchemaName(schema), prepare: false, acquireMs: 30_000 })
  const { bt } = database
  await database.transaction(async (client) => {
    await database.plain(client, `lock table ${bt}.current_fact in share row exclusive mode`)
    const [row] = await database.run(isGuarded, [], client)
    if (column(row, 0) === 't') return
    await database.plain(
      client,
      `create extension if not exists btree_gist;
       alter table ${bt}.current_fact add constraint current_fact_overlap
         exclude using gist (key_id with =, tstzrange(valid_from, valid_to) with &&)`,
    )
  })
}
