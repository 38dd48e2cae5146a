import type { MetricColumn, MetricQuery } from '../metric-query.ts'

const counters = [
  'seq_scan',
  'seq_tup_read',
  'idx_scan',
  'idx_tup_fetch',
  'n_tup_ins',
  'n_tup_upd',
  'n_tup_del',
  'n_tup_hot_upd',
  'vacuum_count',
  'autovacuum_count',
  'analyze_count',
  'autoanalyze_count',
]
const gauges = [
  'n_live_tup',
  'n_dead_tup',
  'n_mod_since_analyze',
  'last_vacuum',
  'last_autovacuum',
  'last_analyze',
  'last_autoanalyze',
]

/**
 * pg_stat_user_tables of the 100 busiest tables. Sizes come from relpages, which costs no lock: the size
 * functions wait behind one ACCESS EXCLUSIVE lock and would blind the monitor.
 */
export const userTables: MetricQuery = {
  id: 'stat_user_tables',
  scope: 'database',
  everySeconds: 60,
  prefix: 'pg_stat_user_tables',
  labels: ['datname', 'schemaname', 'relname'],
  columns: [
    ...counters.map((name): MetricColumn => ({
      name,
      type: 'counter',
      help: `Column ${name} of pg_stat_user_tables`,
    })),
    ...gauges.map((name): MetricColumn => ({
      name,
      type: 'gauge',
      help: `Column ${name} of pg_stat_user_tables`,
    })),
    { name: 'table_size_bytes', type: 'gauge', help: 'Size of the table as of its last vacuum or analyze' },
    {
      name: 'index_size_bytes',
      type: 'gauge',
      help: 'Size of its indexes as of their last vacuum or analyze',
    },
  ],
  text: () => `with busiest as (
      select * from pg_stat_user_tables
      order by coalesce(n_tup_ins, 0) + coalesce(n_tup_upd, 0) + coalesce(n_tup_del, 0) + coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) desc limit 100)
    select current_database() as datname, b.*, c.relpages::int8 * current_setting('block_size')::int8 as table_size_bytes,
      (select coalesce(sum(i.relpages), 0)::int8 * current_setting('block_size')::int8 from pg_index x join pg_class i on i.oid = x.indexrelid
        where x.indrelid = b.relid) as index_size_bytes
    from busiest b join pg_class c on c.oid = b.relid`,
}
