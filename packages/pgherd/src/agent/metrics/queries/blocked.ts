import type { MetricQuery } from '../metric-query.ts'

/** Sessions that wait for a lock, and for how long; pg_blocking_pids is not used, it stops the lock table. */
export const blocked: MetricQuery = {
  id: 'blocked',
  scope: 'server',
  everySeconds: 10,
  prefix: 'pgherd_blocked_sessions',
  labels: [],
  columns: [
    { name: 'count', type: 'gauge', help: 'Sessions waiting for a lock' },
    { name: 'longest_seconds', type: 'gauge', help: 'Longest such wait, seconds' },
  ],
  text: () => `select count(distinct pid) as count, coalesce(max(extract(epoch from now() - waitstart)), 0)::float8 as longest_seconds
    from pg_locks where not granted`,
}
