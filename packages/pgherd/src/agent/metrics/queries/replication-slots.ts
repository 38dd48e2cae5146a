import type { MetricQuery } from '../metric-query.ts'

/** Slots: position, activity, and how much WAL they may still hold back. */
export const replicationSlots: MetricQuery = {
  id: 'replication_slot',
  scope: 'server',
  everySeconds: 10,
  prefix: 'pg_replication_slot',
  labels: ['slot_name', 'slot_type'],
  columns: [
    { name: 'slot_current_wal_lsn', type: 'gauge', help: 'Current WAL position in bytes' },
    {
      name: 'slot_confirmed_flush_lsn',
      type: 'gauge',
      help: 'Position a logical consumer has confirmed, in bytes',
    },
    { name: 'slot_is_active', type: 'gauge', help: '1 when somebody uses the slot' },
    {
      name: 'safe_wal_size_bytes',
      type: 'gauge',
      help: 'WAL that may still be written before the slot is in danger',
    },
    { name: 'retained_bytes', type: 'gauge', help: 'WAL the slot holds back' },
    { name: 'lost', type: 'gauge', help: '1 when the WAL the slot needs is gone' },
  ],
  text: () => `with here as (select case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end as lsn)
    select slot_name, slot_type, (here.lsn - '0/0')::float8 as slot_current_wal_lsn,
      (coalesce(confirmed_flush_lsn, '0/0') - '0/0')::float8 as slot_confirmed_flush_lsn, active as slot_is_active,
      safe_wal_size as safe_wal_size_bytes, (here.lsn - restart_lsn)::float8 as retained_bytes, wal_status = 'lost' as lost
    from here cross join pg_replication_slots limit 100`,
}
