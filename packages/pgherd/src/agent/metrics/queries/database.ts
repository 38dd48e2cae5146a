import type { MetricColumn, MetricQuery } from '../metric-query.ts'

const counters: readonly [string, string][] = [
  ['xact_commit', 'Transactions committed'],
  ['xact_rollback', 'Transactions rolled back'],
  ['blks_read', 'Blocks read from disk or the cache of the operating system'],
  ['blks_hit', 'Blocks found in shared buffers'],
  ['tup_returned', 'Rows read by scans'],
  ['tup_fetched', 'Rows fetched by index scans'],
  ['tup_inserted', 'Rows inserted'],
  ['tup_updated', 'Rows updated'],
  ['tup_deleted', 'Rows deleted'],
  ['conflicts', 'Queries cancelled by recovery'],
  ['temp_files', 'Temporary files made'],
  ['temp_bytes', 'Bytes written to temporary files'],
  ['deadlocks', 'Deadlocks'],
  ['checksum_failures', 'Damaged pages read'],
  ['blk_read_time', 'Milliseconds spent reading blocks (track_io_timing)'],
  ['blk_write_time', 'Milliseconds spent writing blocks (track_io_timing)'],
  ['active_time_seconds_total', 'Seconds spent executing statements'],
  ['sessions', 'Sessions opened'],
  ['sessions_abandoned', 'Sessions lost by the network or the client'],
  ['sessions_fatal', 'Sessions ended by errors'],
  ['sessions_killed', 'Sessions ended by an operator'],
  ['parallel_workers_to_launch', 'Parallel workers planned (18)'],
  ['parallel_workers_launched', 'Parallel workers started (18)'],
]

/** pg_stat_database; the shared objects' row has no name and is left out, as the exporter does. */
export const database: MetricQuery = {
  id: 'stat_database',
  scope: 'server',
  everySeconds: 10,
  prefix: 'pg_stat_database',
  labels: ['datid', 'datname'],
  columns: [
    { name: 'numbackends', type: 'gauge', help: 'Sessions connected now' },
    ...counters.map(([name, help]): MetricColumn => ({ name, type: 'counter', help })),
    { name: 'stats_reset', type: 'counter', help: 'When these figures were last reset, seconds since 1970' },
  ],
  text: () => `select s.*, active_time / 1000 as active_time_seconds_total from pg_stat_database s
    where datname is not null order by numbackends desc limit 200`,
}
