import type { MetricQuery } from '../metric-query.ts'

/** archive_command, where a server uses one beside pgherd's own streaming. */
export const archiver: MetricQuery = {
  id: 'stat_archiver',
  scope: 'server',
  everySeconds: 30,
  prefix: 'pg_stat_archiver',
  labels: [],
  columns: [
    { name: 'archived_count', type: 'counter', help: 'WAL files archived by archive_command' },
    { name: 'failed_count', type: 'counter', help: 'Failed runs of archive_command' },
    { name: 'last_archive_age', type: 'gauge', help: 'Seconds since archive_command last succeeded' },
  ],
  text: () =>
    `select archived_count, failed_count, extract(epoch from now() - last_archived_time)::float8 as last_archive_age from pg_stat_archiver`,
}
