import type { MetricQuery } from '../metric-query.ts'

/** What keeps vacuum from removing dead rows, and how many transactions it is behind. */
export const xminHorizon: MetricQuery = {
  id: 'xmin_horizon',
  scope: 'server',
  everySeconds: 30,
  prefix: 'pgherd_xmin',
  labels: ['holder'],
  columns: [
    {
      name: 'age',
      type: 'gauge',
      help: 'Transactions since the oldest snapshot held by this kind of holder',
    },
  ],
  text: () => `select 'session' as holder, coalesce(max(age(backend_xmin)), 0) as age from pg_stat_activity where pid <> pg_backend_pid()
    union all select 'slot', coalesce(max(greatest(age(xmin), age(catalog_xmin))), 0) from pg_replication_slots
    union all select 'standby', coalesce(max(age(backend_xmin)), 0) from pg_stat_replication
    union all select 'prepared transaction', coalesce(max(age(transaction)), 0) from pg_prepared_xacts`,
}
