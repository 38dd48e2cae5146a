import type { BitemporalError } from '../errors/bitemporal-error.ts'
import { instantColumn } from '../time/instant-column.ts'
import type { CalendarUnit } from './calendar.ts'
import { compressChunk, compressionPolicy, offersCompression } from './compression.ts'
import type { HistoryStorage } from './history-storage.ts'
import { refused } from './refused.ts'
import { rewrite } from './rewrite.ts'
import { readTimescale } from './timescale.ts'

/** What a history has; chunks reach beyond the years that a time here may have. */
const list = (schema: string, bt: string, history: string): string => `
  select c.chunk_schema, c.chunk_name,
    ${instantColumn(`case when c.range_start < '0001-01-01Z' then '-infinity' else c.range_start end`)},
    ${instantColumn(`case when c.range_end > '9999-12-31Z' then 'infinity' else c.range_end end`)},
    s.total_bytes, coalesce(c.chunk_tablespace, 'pg_default'), ${instantColumn('p.compacted_at')}
  from timescaledb_information.chunks c join pg_class h on h.oid = '${bt}.${history}'::regclass
    join ${schema}.chunks_detailed_size(h.oid) s on s.chunk_schema = c.chunk_schema and s.chunk_name = c.chunk_name
    left join ${bt}.fact_partition p on p.name = c.chunk_name
  where c.hypertable_schema = h.relnamespace::regnamespace::name and c.hypertable_name = h.relname
  order by c.range_start`

/** A chunk is as long as its interval, not as a month of the calendar. */
const days: Readonly<Record<CalendarUnit, number>> = { day: 1, month: 30, year: 365 }

/** A hypertable of TimescaleDB, which makes a chunk when the first row of its period comes. */
export const hypertable: HistoryStorage = {
  title: 'a hypertable',
  async list(database) {
    const { bt, history } = database
    const { schema } = await readTimescale(database)
    return database.withClient((client) => database.once(list(schema, bt, history), [], client))
  },
  async prepare(database, every) {
    const { bt, history } = database
    const { schema } = await readTimescale(database)
    const statement = `select ${schema}.set_chunk_time_interval('${bt}.${history}', $1::interval)`
    await database.withClient((client) => database.once(statement, [`${days[every]} days`], client))
    return []
  },
  create: ({ schema }) =>
    Promise.reject(
      refused(`the history of ${schema} is a hypertable, and its chunks are made by TimescaleDB`, {
        why: 'a chunk begins and ends where the interval says, and comes with the first row of its period',
        mend: 'Set the interval of chunks to come with `partitions.prepare({ every })`; for partitions of your own choice install another schema with `storage: "partitions"`.',
      }),
    ),
  async compact(database, part, client) {
    const timescale = await readTimescale(database, client)
    if (offersCompression(timescale)) await compressChunk(database, timescale, part, client)
    else await rewrite(database, part, client)
  },
  async compactAfter(database, after) {
    const timescale = await readTimescale(database)
    if (!offersCompression(timescale)) throw noPolicies(timescale.license)
    await database.transaction((client) => compressionPolicy(database, timescale, after, client))
  },
}

function noPolicies(license: string): BitemporalError {
  return refused(
    `this build of TimescaleDB is under the ${license} license, which offers neither compression nor policies`,
    {
      why: 'Debian packages the part under the Apache license alone',
      mend: 'Call `partitions.compact(name)` from a schedule of your own: it rewrites a chunk without compression.',
    },
  )
}
