import type { ClientBase } from 'pg'
import type { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import type { Part } from './history-storage.ts'
import { tableOf } from './rewrite.ts'
import type { Timescale } from './timescale.ts'

/** Whether the build has compression and policies. */
export const offersCompression = ({ license }: Timescale): boolean => license === 'timescale'

const isEnabled: Query = {
  name: 'compression-enabled',
  text: (bt, history) => `
    select compression_enabled from timescaledb_information.hypertables t join pg_class h
      on h.oid = '${bt}.${history}'::regclass
      and t.hypertable_schema = h.relnamespace::regnamespace::name and t.hypertable_name = h.relname`,
}

/** The facts of a key together, in the order in which they are asked for. */
export const compressionSettings = (table: string): string =>
  `alter table ${table} set (timescaledb.compress, timescaledb.compress_segmentby = 'key_id',
     timescaledb.compress_orderby = 'recorded_to, valid_from')`

/** Compresses a chunk; one that is compressed is brought up to date with what came since. */
export async function compressChunk(
  database: Database,
  timescale: Timescale,
  part: Part,
  client: ClientBase,
): Promise<void> {
  await enable(database, client)
  await database.once(chunkStatement(timescale), [tableOf(part)], client)
}

export const chunkStatement = ({ schema }: Timescale): string =>
  `select ${schema}.compress_chunk($1::regclass, if_not_compressed => true)`

/** Has TimescaleDB compress chunks that are so many days old; again with others in place of those before. */
export async function compressionPolicy(
  database: Database,
  { schema }: Timescale,
  days: number,
  client: ClientBase,
): Promise<void> {
  const table = `${database.bt}.${database.history}`
  await enable(database, client)
  await database.once(
    `select ${schema}.remove_compression_policy($1::regclass, if_exists => true)`,
    [table],
    client,
  )
  await database.once(policyStatement({ schema }), [table, `${days} days`], client)
}

export const policyStatement = ({ schema }: Pick<Timescale, 'schema'>): string =>
  `select ${schema}.add_compression_policy($1::regclass, compress_after => $2::interval)`

async function enable(database: Database, client: ClientBase): Promise<void> {
  const [row] = await database.run(isEnabled, [], client)
  if (column(row, 0) === 't') return
  await database.plain(client, compressionSettings(`${database.bt}.${database.history}`))
}
