import type { MetricQuery } from '../metric-query.ts'

/** When the server started, and what it is. */
export const postmaster: MetricQuery = {
  id: 'postmaster',
  scope: 'server',
  everySeconds: 30,
  prefix: 'pg',
  labels: [],
  columns: [],
  text: () => `select extract(epoch from pg_postmaster_start_time())::float8 as started, version() as version,
      current_setting('server_version') as short, (select timeline_id from pg_control_checkpoint()) as timeline`,
  families: (rows) => {
    const row = rows[0]
    if (!row) return []
    return [
      {
        name: 'pg_postmaster_start_time_seconds',
        help: 'When the server started, seconds since 1970',
        type: 'gauge',
        samples: [{ labels: {}, value: Number(row['started']) }],
      },
      {
        name: 'pg_static',
        help: 'Version of the server',
        type: 'gauge',
        samples: [
          {
            labels: {
              version: String(row['version']),
              short_version: String(row['short']).split(' ')[0] ?? '',
            },
            value: 1,
          },
        ],
      },
      {
        name: 'pgherd_timeline',
        help: 'Timeline of the last checkpoint',
        type: 'gauge',
        samples: [{ labels: {}, value: Number(row['timeline']) }],
      },
    ]
  },
}
