import type { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'

export interface Horizon {
  /** Everything up to this position is committed or will never be. */
  readonly safe: number
  /** The last position that was given out. */
  readonly last: number
}

const query: Query = { name: 'horizon', text: (es) => `select h.safe, h.last from ${es}.horizon() h` }

/** Where readers may read up to; has to be asked before the events are. Throws READ_ONLY on a standby, which cannot know. */
export async function readHorizon(database: Database): Promise<Horizon> {
  const [row] = await database.run(query, [])
  return { safe: Number(column(row, 0)), last: Number(column(row, 1)) }
}

export interface Stall {
  /** Process id of the backend whose transaction has appended and is still open; null for a prepared transaction. */
  readonly pid: number | null
  /** Seconds since its transaction began; null without the right to see it (pg_read_all_stats). */
  readonly ageSeconds: number | null
  readonly state: string | null
  readonly applicationName: string | null
  /** Positions up to which readers are not held up by it. */
  readonly from: number
}

const oldest: Query = {
  name: 'oldest-append',
  text: (es) => `
    select l.pid, extract(epoch from clock_timestamp() - a.xact_start)::float8, a.state, a.application_name,
      q.last_value - ((q.last_value - l.objid::bigint) & 4294967295) as since
    from pg_locks l cross join ${es}.event_position q left join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'advisory' and l.objsubid = 2 and l.classid = '${es}.event_position'::regclass::oid
      and l.database = (select d.oid from pg_database d where d.datname = current_database())
    order by since limit 1`,
}

/** The open transaction that readers wait for the longest; undefined when they wait for none. */
export async function readStall(database: Database): Promise<Stall | undefined> {
  const [row] = await database.run(oldest, [])
  if (!row) return undefined
  return {
    pid: row[0] == null ? null : Number(row[0]),
    ageSeconds: row[1] == null ? null : Number(row[1]),
    state: row[2] ?? null,
    applicationName: row[3] ?? null,
    from: Number(column(row, 4)),
  }
}
