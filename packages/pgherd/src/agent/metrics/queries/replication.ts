import type { MetricQuery } from '../metric-query.ts'

/** How far this server is behind its primary; zero on a primary. */
export const replication: MetricQuery = {
  id: 'replication',
  scope: 'server',
  everySeconds: 10,
  prefix: 'pg_replication',
  labels: [],
  columns: [
    {
      name: 'lag_seconds',
      type: 'gauge',
      help: 'Age of the newest replayed commit while there is more to replay',
    },
    { name: 'is_replica', type: 'gauge', help: '1 on a standby' },
    { name: 'last_replay_seconds', type: 'gauge', help: 'Age of the newest replayed commit' },
  ],
  text: () => `select case when not pg_is_in_recovery() or pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
        else greatest(0, extract(epoch from now() - pg_last_xact_replay_timestamp())) end::float8 as lag_seconds,
      pg_is_in_recovery() as is_replica,
      greatest(0, extract(epoch from now() - pg_last_xact_replay_timestamp()))::float8 as last_replay_seconds`,
}
