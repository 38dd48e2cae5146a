import type { MetricQuery } from '../metric-query.ts'

/** WAL senders: standbys and the WAL archive of pgherd. */
export const statReplication: MetricQuery = {
  id: 'stat_replication',
  scope: 'server',
  everySeconds: 10,
  prefix: 'pg_stat_replication',
  labels: ['application_name', 'client_addr', 'state', 'slot_name'],
  columns: [
    { name: 'pg_current_wal_lsn_bytes', type: 'gauge', help: 'WAL position in bytes' },
    {
      name: 'pg_wal_lsn_diff',
      type: 'gauge',
      help: 'Bytes the receiver has not replayed (not flushed, for an archive)',
    },
    { name: 'write_lag_seconds', type: 'gauge', help: 'write_lag; none while idle' },
    { name: 'flush_lag_seconds', type: 'gauge', help: 'flush_lag; none while idle' },
    { name: 'replay_lag_seconds', type: 'gauge', help: 'replay_lag; none while idle' },
  ],
  text: () => `with here as (select case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end as lsn)
    select r.application_name, r.client_addr::text, r.state, s.slot_name, (here.lsn - '0/0')::float8 as pg_current_wal_lsn_bytes,
      (here.lsn - coalesce(r.replay_lsn, r.flush_lsn))::float8 as pg_wal_lsn_diff,
      extract(epoch from r.write_lag)::float8 as write_lag_seconds, extract(epoch from r.flush_lag)::float8 as flush_lag_seconds,
      extract(epoch from r.replay_lag)::float8 as replay_lag_seconds
    from here cross join pg_stat_replication r left join pg_replication_slots s on s.active_pid = r.pid limit 100`,
}
