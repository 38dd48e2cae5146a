import type { MetricQuery } from '../metric-query.ts'

/** pg_stat_bgwriter: since 17 the checkpoint columns are in pg_stat_checkpointer, and backend writes in pg_stat_io. */
export const bgwriter: MetricQuery = {
  id: 'stat_bgwriter',
  scope: 'server',
  everySeconds: 10,
  prefix: 'pg_stat_bgwriter',
  labels: [],
  columns: [
    { name: 'checkpoints_timed_total', type: 'counter', help: 'Checkpoints started by checkpoint_timeout' },
    {
      name: 'checkpoints_req_total',
      type: 'counter',
      help: 'Checkpoints asked for, by max_wal_size or by hand',
    },
    { name: 'checkpoint_write_time_total', type: 'counter', help: 'Milliseconds checkpoints spent writing' },
    { name: 'checkpoint_sync_time_total', type: 'counter', help: 'Milliseconds checkpoints spent syncing' },
    { name: 'buffers_checkpoint_total', type: 'counter', help: 'Buffers written by checkpoints' },
    { name: 'buffers_clean_total', type: 'counter', help: 'Buffers written by the background writer' },
    {
      name: 'maxwritten_clean_total',
      type: 'counter',
      help: 'Rounds the background writer ended at its limit',
    },
    { name: 'buffers_backend_total', type: 'counter', help: 'Buffers written by backends' },
    { name: 'buffers_backend_fsync_total', type: 'counter', help: 'Syncs backends had to do themselves' },
    { name: 'buffers_alloc_total', type: 'counter', help: 'Buffers allocated' },
    {
      name: 'stats_reset_total',
      type: 'counter',
      help: 'When these figures were last reset, seconds since 1970',
    },
  ],
  text: ({ major }) =>
    major >= 17
      ? `select buffers_clean as buffers_clean_total, maxwritten_clean as maxwritten_clean_total,
          buffers_alloc as buffers_alloc_total, stats_reset as stats_reset_total from pg_stat_bgwriter`
      : `select checkpoints_timed as checkpoints_timed_total, checkpoints_req as checkpoints_req_total,
          checkpoint_write_time as checkpoint_write_time_total, checkpoint_sync_time as checkpoint_sync_time_total,
          buffers_checkpoint as buffers_checkpoint_total, buffers_clean as buffers_clean_total,
          maxwritten_clean as maxwritten_clean_total, buffers_backend as buffers_backend_total,
          buffers_backend_fsync as buffers_backend_fsync_total, buffers_alloc as buffers_alloc_total,
          stats_reset as stats_reset_total from pg_stat_bgwriter`,
}
