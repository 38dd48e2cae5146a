import type { MetricQuery } from '../metric-query.ts'

/** pg_stat_wal; the write and sync columns went to pg_stat_io in 18. */
export const statWal: MetricQuery = {
  id: 'stat_wal',
  scope: 'server',
  everySeconds: 10,
  prefix: 'pg_stat_wal',
  labels: [],
  columns: [
    { name: 'records_total', type: 'counter', help: 'WAL records written' },
    { name: 'fpi_total', type: 'counter', help: 'Full page images written' },
    { name: 'bytes_total', type: 'counter', help: 'Bytes of WAL written' },
    { name: 'buffers_full_total', type: 'counter', help: 'Writes because wal_buffers was full' },
    {
      name: 'write_time_seconds_total',
      type: 'counter',
      help: 'Seconds spent writing WAL (track_wal_io_timing, up to 17)',
    },
    {
      name: 'sync_time_seconds_total',
      type: 'counter',
      help: 'Seconds spent syncing WAL (track_wal_io_timing, up to 17)',
    },
  ],
  text: ({
    major,
  }) => `select wal_records as records_total, wal_fpi as fpi_total, wal_bytes as bytes_total, wal_buffers_full as buffers_full_total
    ${major >= 18 ? '' : ', wal_write_time / 1000 as write_time_seconds_total, wal_sync_time / 1000 as sync_time_seconds_total'} from pg_stat_wal`,
}
