import type { Session } from '../connection/session.ts'
import { literal } from '../history/sql-text.ts'
import type { ColumnFacts } from './effects/effect.ts'
import type { Catalogue, Holder, TableFacts } from './facts.ts'
import { lockModeOf } from './lock-mode.ts'

/** The tables behind the names; an index stands for its table, a partitioned table for its partitions. */
function factsSql(names: readonly string[]): string {
  return `with asked as (
  select name, coalesce(i.indrelid, c.oid) as oid from unnest(array[${names.map(literal).join(', ')}]::text[]) name
  join pg_class c on c.oid = to_regclass(name) left join pg_index i on i.indexrelid = c.oid
), parts as (
  select name, oid as root, coalesce(p.relid, asked.oid) as oid from asked left join pg_partition_tree(asked.oid) p on true
), since as (
  select greatest(extract(epoch from clock_timestamp() - coalesce(stats_reset, pg_postmaster_start_time())), 1) as seconds
  from pg_stat_database where datname = current_database()
)
select name,
  sum(case when c.relkind = 'p' then 0 else greatest(c.reltuples, s.n_live_tup, 0) end)::float8 as rows,
  sum(case when c.relkind in ('r', 'm', 't') then pg_table_size(c.oid) else 0 end)::float8 as bytes,
  sum(case when c.relkind in ('r', 'm', 'p') then pg_indexes_size(c.oid) else 0 end)::float8 as index_bytes,
  (sum(coalesce(s.seq_scan, 0) + coalesce(s.idx_scan, 0)) / (select seconds from since))::float8 as reads,
  (sum(coalesce(s.n_tup_ins, 0) + coalesce(s.n_tup_upd, 0) + coalesce(s.n_tup_del, 0)) / (select seconds from since))::float8 as writes,
  (select coalesce(json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod), 'notNull', attnotnull,
    'proven', exists (select from pg_constraint k where k.conrelid = attrelid and k.contype = 'c' and k.convalidated
      and pg_get_constraintdef(k.oid) = format('CHECK ((%I IS NOT NULL))', attname)))), '[]')
    from pg_attribute where attrelid = root and attnum > 0 and not attisdropped)::text as columns,
  (select coalesce(json_agg(json_build_object('pid', a.pid, 'mode', l.mode, 'seconds', extract(epoch from clock_timestamp() - a.xact_start),
    'label', format('%s, application "%s", %s', a.usename, a.application_name, a.state))), '[]')
    from pg_locks l join pg_stat_activity a using (pid)
    where l.relation = any(array_agg(c.oid)) and l.locktype = 'relation' and l.granted and a.pid <> pg_backend_pid()
    and l.database = (select oid from pg_database where datname = current_database()))::text as holders
from parts join pg_class c using (oid) left join pg_stat_all_tables s on s.relid = c.oid group by name, root`
}

/** Reads what the lint asks of a database: three round trips, none of which waits for a lock on a table of the user's. */
export async function readCatalogue(
  session: Session,
  names: readonly string[],
  functions: readonly string[],
): Promise<Catalogue> {
  const server = (
    await session.query(
      `select current_setting('server_version_num')::int / 10000 as major, (select count(*)::int from pg_stat_replication) as replicas`,
    )
  ).rows[0]
  const volatile = await session.query(
    `select distinct proname from pg_proc where provolatile = 'v' and proname = any(array[${functions.map(literal).join(', ')}]::text[])`,
  )
  const tables = names.length === 0 ? [] : (await session.query(factsSql(names))).rows
  return {
    major: Number(server?.['major']),
    replicas: Number(server?.['replicas']),
    tables: new Map(tables.map((row) => [String(row['name']), tableOf(row)])),
    volatile: new Set(volatile.rows.map((row) => String(row['proname']))),
  }
}

function tableOf(row: Record<string, unknown>): TableFacts {
  const columns = JSON.parse(String(row['columns'])) as {
    name: string
    type: string
    notNull: boolean
    proven: boolean
  }[]
  const holders = JSON.parse(String(row['holders'])) as {
    pid: number
    mode: string
    seconds: number | null
    label: string
  }[]
  return {
    rows: Number(row['rows']),
    bytes: Number(row['bytes']),
    indexBytes: Number(row['index_bytes']),
    columns: new Map(
      columns.map(({ name, type, notNull, proven }): [string, ColumnFacts] => [
        name,
        { type, notNull, provenNotNull: proven },
      ]),
    ),
    readsPerSecond: Number(row['reads']),
    writesPerSecond: Number(row['writes']),
    holders: holders.flatMap(({ pid, mode, seconds, label }): readonly Holder[] => {
      const known = lockModeOf(mode)
      return known === undefined ? [] : [{ pid, label, mode: known, seconds: seconds ?? 0 }]
    }),
  }
}
