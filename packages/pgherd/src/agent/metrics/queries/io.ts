import type { MetricQuery } from '../metric-query.ts'

/** pg_stat_io, new in 16; counts in bytes since 18, in operations of op_bytes before. */
export const io: MetricQuery = {
  id: 'stat_io',
  scope: 'server',
  everySeconds: 30,
  prefix: 'pg_stat_io',
  labels: ['backend_type', 'object', 'context'],
  columns: [
    { name: 'reads_total', type: 'counter', help: 'Read operations' },
    { name: 'read_bytes_total', type: 'counter', help: 'Bytes read' },
    { name: 'read_time_seconds_total', type: 'counter', help: 'Seconds spent reading (track_io_timing)' },
    { name: 'writes_total', type: 'counter', help: 'Write operations' },
    { name: 'write_bytes_total', type: 'counter', help: 'Bytes written' },
    { name: 'write_time_seconds_total', type: 'counter', help: 'Seconds spent writing (track_io_timing)' },
    { name: 'fsyncs_total', type: 'counter', help: 'Syncs' },
    { name: 'fsync_time_seconds_total', type: 'counter', help: 'Seconds spent syncing (track_io_timing)' },
    { name: 'hits_total', type: 'counter', help: 'Blocks found in shared buffers' },
    { name: 'evictions_total', type: 'counter', help: 'Blocks put out of shared buffers' },
  ],
  text: ({ major }) =>
    major < 16
      ? undefined
      : `select backend_type, object, context, reads as reads_total, read_time / 1000 as read_time_seconds_total,
          writes as writes_total, write_time / 1000 as write_time_seconds_total, fsyncs as fsyncs_total,
          fsync_time / 1000 as fsync_time_seconds_total, hits as hits_total, evictions as evictions_total,
          ${major >= 18 ? 'read_bytes as read_bytes_total, write_bytes as write_bytes_total' : 'reads * op_bytes as read_bytes_total, writes * op_bytes as write_bytes_total'}
        from pg_stat_io where coalesce(reads, 0) + coalesce(writes, 0) + coalesce(hits, 0) + coalesce(fsyncs, 0) > 0 limit 100`,
}
