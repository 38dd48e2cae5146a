import type { MetricQuery } from '../metric-query.ts'

/** pg_stat_checkpointer, new in 17; num_done and slru_written are new in 18. */
export const checkpointer: MetricQuery = {
  id: 'stat_checkpointer',
  scope: 'server',
  everySeconds: 10,
  prefix: 'pg_stat_checkpointer',
  labels: [],
  columns: [
    {
      name: 'num_timed_total',
      type: 'counter',
      help: 'Checkpoints due by checkpoint_timeout, skipped ones included',
    },
    { name: 'num_requested_total', type: 'counter', help: 'Checkpoints asked for' },
    { name: 'num_done_total', type: 'counter', help: 'Checkpoints completed (18)' },
    { name: 'restartpoints_timed_total', type: 'counter', help: 'Restartpoints due by time' },
    { name: 'restartpoints_req_total', type: 'counter', help: 'Restartpoints asked for' },
    { name: 'restartpoints_done_total', type: 'counter', help: 'Restartpoints completed' },
    { name: 'write_time_total', type: 'counter', help: 'Milliseconds spent writing' },
    { name: 'sync_time_total', type: 'counter', help: 'Milliseconds spent syncing' },
    { name: 'buffers_written_total', type: 'counter', help: 'Buffers written' },
    { name: 'slru_written_total', type: 'counter', help: 'SLRU buffers written (18)' },
    {
      name: 'stats_reset_total',
      type: 'counter',
      help: 'When these figures were last reset, seconds since 1970',
    },
  ],
  text: ({ major }) =>
    major < 17
      ? undefined
      : `select num_timed as num_timed_total, num_requested as num_requested_total,
          ${major >= 18 ? 'num_done as num_done_total, slru_written as slru_written_total,' : ''}
          restartpoints_timed as restartpoints_timed_total, restartpoints_req as restartpoints_req_total,
          restartpoints_done as restartpoints_done_total, write_time as write_time_total, sync_time as sync_time_total,
          buffers_written as buffers_written_total, stats_reset as stats_reset_total from pg_stat_checkpointer`,
}
