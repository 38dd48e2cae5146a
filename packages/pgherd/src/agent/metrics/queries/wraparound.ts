import type { MetricQuery } from '../metric-query.ts'

/** Age of the oldest unfrozen transaction and multixact numbers; the names end in _seconds in postgres_exporter too. */
export const wraparound: MetricQuery = {
  id: 'database_wraparound',
  scope: 'server',
  everySeconds: 60,
  prefix: 'pg_database_wraparound',
  labels: ['datname'],
  columns: [
    {
      name: 'age_datfrozenxid_seconds',
      type: 'gauge',
      help: 'Age of the oldest unfrozen transaction number, in transactions',
    },
    {
      name: 'age_datminmxid_seconds',
      type: 'gauge',
      help: 'Age of the oldest multixact number, in multixacts',
    },
  ],
  text: () => `select datname, age(datfrozenxid) as age_datfrozenxid_seconds, mxid_age(datminmxid) as age_datminmxid_seconds
    from pg_database where datallowconn order by 2 desc limit 100`,
}
