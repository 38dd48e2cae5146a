/**
 * Settings a standby must not have lower than its primary
 * (https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-ADMIN).
 */
export const notBelowPrimary: readonly string[] = [
  'max_connections',
  'max_worker_processes',
  'max_wal_senders',
  'max_prepared_transactions',
  'max_locks_per_transaction',
]
