import type { ClientBase, Pool } from 'pg'
import { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import type { InstallOptions } from './install.ts'
import { factShape, type RowShape } from './row-shape.ts'
import { checkSchemaName, defaultSchema } from './schema-name.ts'

const isGuarded = (current: RowShape['current']): Query => ({
  name: 'is-guarded',
  text: (bt) => `select exists (select from pg_constraint
    where conrelid = '${bt}.${current}'::regclass and conname = '${current}_overlap')`,
})

/**
 * Has the server itself refuse overlapping facts of a key, whoever writes them, with an exclusion constraint (extension
 * btree_gist, which comes with PostgreSQL). The functions of this library keep them apart without it, and changes are
 * slower by a third or so with it; so it is for databases into which others write. May run again. Load first, guard then.
 */
export async function guardOverlap(
  pool: Pool | ClientBase,
  { schema = defaultSchema }: Pick<InstallOptions, 'schema'> = {},
): Promise<void> {
  const database = new Database({ pool, schema: checkSchemaName(schema), prepare: false, acquireMs: 30_000 })
  await database.transaction((client) => guard(database, factShape, client))
}

/** Within a transaction, for rows of a shape. Throws OVERLAP. */
export async function guard(database: Database, { current }: RowShape, client: ClientBase): Promise<void> {
  const { bt } = database
  await database.plain(client, `lock table ${bt}.${current} in share row exclusive mode`)
  const [row] = await database.run(isGuarded(current), [], client)
  if (column(row, 0) === 't') return
  await database.plain(
    client,
    `create extension if not exists btree_gist;
     alter table ${bt}.${current} add constraint ${current}_overlap
       exclude using gist (key_id with =, tstzrange(valid_from, valid_to) with &&)`,
  )
}
