import type { MetricQuery } from '../metric-query.ts'

/** Size of pg_wal. */
export const walFiles: MetricQuery = {
  id: 'wal',
  scope: 'server',
  everySeconds: 30,
  prefix: 'pg_wal',
  labels: [],
  columns: [
    { name: 'segments', type: 'gauge', help: 'WAL segment files' },
    { name: 'size_bytes', type: 'gauge', help: 'Size of the WAL segment files' },
  ],
  text: () =>
    "select count(*) as segments, coalesce(sum(size), 0) as size_bytes from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$'",
}
