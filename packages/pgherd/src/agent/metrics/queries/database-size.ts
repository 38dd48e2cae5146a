import type { MetricQuery } from '../metric-query.ts'

/** Walks the directories of each database, so it is asked rarely. Locks nothing. */
export const databaseSize: MetricQuery = {
  id: 'database',
  scope: 'server',
  everySeconds: 300,
  prefix: 'pg_database',
  labels: ['datname'],
  columns: [
    { name: 'size_bytes', type: 'gauge', help: 'Disk space used by the database' },
    { name: 'connection_limit', type: 'gauge', help: 'Connection limit of the database, -1 for none' },
  ],
  text: () => `select datname, pg_database_size(oid) as size_bytes, datconnlimit as connection_limit
    from pg_database where datallowconn order by oid limit 100`,
}
