import type { ClientBase, Pool } from 'pg'
import { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { checkSchemaName, defaultSchema } from '../schema/schema-name.ts'

/** One part of the event table. */
export interface Partition {
  /** Of its table, in the schema of the store. */
  readonly name: string
  /** Positions from here on; undefined in the first one. */
  readonly from: number | undefined
  /** Positions below; undefined in the newest, which takes whatever comes. */
  readonly before: number | undefined
  /** With indexes. */
  readonly bytes: number
}

export interface PartitionOptions {
  /** As given to `install`; `eventstore` when left out. */
  readonly schema?: string
}

const list: Query = {
  name: 'partitions',
  text: (es) => `
    select c.relname, substring(b.bound from $$FROM \\('?(-?[0-9]+)$$), substring(b.bound from $$TO \\('?(-?[0-9]+)$$),
      pg_total_relation_size(c.oid)
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
      cross join lateral (select pg_get_expr(c.relpartbound, c.oid) as bound) b
    where i.inhparent = '${es}.event'::regclass and not i.inhdetachpending
    order by substring(b.bound from $$FROM \\('?(-?[0-9]+)$$)::bigint nulls first`,
}

export function partitionDatabase(
  pool: Pool | ClientBase,
  { schema = defaultSchema }: PartitionOptions,
): Database {
  return new Database({ pool, schema: checkSchemaName(schema), prepare: false, acquireMs: 30_000 })
}

/** The parts of the event table, oldest first; none while it is one table. */
export function listPartitions(
  pool: Pool | ClientBase,
  options: PartitionOptions = {},
): Promise<readonly Partition[]> {
  return partitionsOf(partitionDatabase(pool, options))
}

export async function partitionsOf(database: Database, client?: ClientBase): Promise<readonly Partition[]> {
  const rows = await database.run(list, [], client)
  return rows.map((row) => ({
    name: column(row, 0),
    from: row[1] == null ? undefined : Number(row[1]),
    before: row[2] == null ? undefined : Number(row[2]),
    bytes: Number(column(row, 3)),
  }))
}
