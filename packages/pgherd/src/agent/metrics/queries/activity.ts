import type { MetricQuery } from '../metric-query.ts'

/** Sessions by database, state and what they wait for. application_name is free text of clients: capped to 200 groups. */
export const activity: MetricQuery = {
  id: 'stat_activity',
  scope: 'server',
  everySeconds: 10,
  prefix: 'pg_stat_activity',
  labels: [
    'datname',
    'state',
    'usename',
    'application_name',
    'backend_type',
    'wait_event_type',
    'wait_event',
  ],
  columns: [
    { name: 'count', type: 'gauge', help: 'Sessions in this state' },
    { name: 'max_tx_duration', type: 'gauge', help: 'Age of the oldest open transaction, seconds' },
  ],
  text: () => `select datname, state, usename, application_name, backend_type, wait_event_type, wait_event, count(*) as count,
      coalesce(max(extract(epoch from now() - xact_start)), 0)::float8 as max_tx_duration
    from pg_stat_activity where datname is not null and pid <> pg_backend_pid()
    group by 1, 2, 3, 4, 5, 6, 7 order by 8 desc limit 200`,
}
