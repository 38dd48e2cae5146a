import type { MetricQuery } from '../metric-query.ts'

/** Transactions open for more than a minute; autovacuum is left out. */
export const longRunning: MetricQuery = {
  id: 'long_running_transactions',
  scope: 'server',
  everySeconds: 10,
  prefix: 'pg_long_running_transactions',
  labels: [],
  columns: [],
  text: () => `select count(*) filter (where now() - xact_start > interval '60 s') as count,
      coalesce(max(extract(epoch from now() - xact_start)), 0)::float8 as oldest_timestamp_seconds
    from pg_stat_activity where xact_start is not null and backend_type = 'client backend' and pid <> pg_backend_pid()`,
  families: (rows) => {
    const row = rows[0] ?? {}
    const name = 'pg_long_running_transactions'
    return [
      {
        name,
        help: 'Transactions open for more than 60 s',
        type: 'gauge',
        samples: [{ labels: {}, value: Number(row['count'] ?? 0) }],
      },
      {
        name: `${name}_oldest_timestamp_seconds`,
        help: 'Age of the oldest open transaction, seconds',
        type: 'gauge',
        samples: [{ labels: {}, value: Number(row['oldest_timestamp_seconds'] ?? 0) }],
      },
    ]
  },
}
