import type { Threshold } from './thresholds.ts'

/**
 * How a value is judged. `share`: degraded from the threshold on, unhealthy from half way between it and
 * 1; `low-share`: degraded below; `seconds`: degraded above; `notice`: degraded above 0; `fault`:
 * unhealthy above 0.
 */
export type Judgement = 'share' | 'low-share' | 'seconds' | 'notice' | 'fault'

export interface HealthCheck {
  readonly name: string
  /** Part of simple_health_check(), which a load balancer may ask every second. */
  readonly quick: boolean
  readonly judgement: Judgement
  readonly threshold?: Threshold
  /** SQL of the value; null when the check does not apply here. */
  readonly value: string
  /** Follows the value in the message. */
  readonly says: string
  readonly mend: string
}

const clients = "pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
const ageOf = (moment: string) => `extract(epoch from max(statement_timestamp() - ${moment}))`

/**
 * The health checks, right on 15 to 18. All read statistics or small catalogs: none counts rows, none
 * measures files of relations, so none waits behind a lock of a user. Half the transaction ids in use
 * and the rest of the limits are those of ops.md section 3.
 */
export const healthChecks: readonly HealthCheck[] = [
  {
    name: 'connections',
    quick: true,
    judgement: 'share',
    threshold: 'connectionShare',
    // reserved_connections is new in 16
    value: `select count(*)::float8 / (current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
      - coalesce(current_setting('reserved_connections', true)::int, 0)) from pg_stat_activity where backend_type = 'client backend'`,
    says: 'of the connections applications can open are in use',
    mend: 'close idle sessions, use a pool in the application, or raise postgres.connections in the spec',
  },
  {
    name: 'transaction_ids',
    quick: true,
    judgement: 'share',
    threshold: 'wraparoundShare',
    value: `select greatest(max(age(datfrozenxid)), max(mxid_age(datminmxid)))::float8 / 2147483648 from pg_database`,
    says: 'of the transaction ids are in use; at 100 % the server takes no more writes',
    mend: 'end old transactions, prepared transactions and slots that hold vacuum back, then run VACUUM FREEZE on the oldest tables',
  },
  {
    name: 'checksum_failures',
    quick: true,
    judgement: 'fault',
    value: `select sum(checksum_failures)::float8 from pg_stat_database`,
    says: 'data pages failed their checksum: the storage damaged data',
    mend: 'do not write further; prove the newest backup and restore it on other storage',
  },
  {
    name: 'lost_slots',
    quick: true,
    judgement: 'fault',
    value: `select count(*)::float8 from pg_replication_slots where wal_status in ('unreserved', 'lost')`,
    says: 'replication slots lost WAL they need, or are about to',
    mend: 'take a new base backup (pgherd backup), and give the WAL volume more room',
  },
  {
    name: 'cache_hits',
    quick: true,
    judgement: 'low-share',
    threshold: 'cacheHitShare',
    // below 10000 blocks the share says nothing
    value: `select blks_hit::float8 / (blks_hit + blks_read) from pg_stat_database where datname = current_database() and blks_hit + blks_read >= 10000`,
    says: 'of the blocks were found in shared buffers',
    mend: 'look for statements that read whole tables (pg_stat_statements), or raise postgres.memory in the spec',
  },
  {
    name: 'longest_transaction',
    quick: true,
    judgement: 'seconds',
    threshold: 'longestTransaction',
    value: `select ${ageOf('xact_start')} from ${clients}`,
    says: 'is how long the oldest transaction has been open; vacuum cannot clean up behind it',
    mend: 'find it in pg_stat_activity by xact_start and end it with pg_terminate_backend(pid)',
  },
  {
    name: 'idle_in_transaction',
    quick: false,
    judgement: 'seconds',
    threshold: 'longestTransaction',
    value: `select ${ageOf('state_change')} from ${clients} and state like 'idle in transaction%'`,
    says: 'is how long a session has been idle inside a transaction',
    mend: 'commit or roll back in the application; set idle_in_transaction_session_timeout for its role in the spec',
  },
  {
    name: 'longest_query',
    quick: false,
    judgement: 'seconds',
    threshold: 'longestQuery',
    value: `select ${ageOf('query_start')} from ${clients} and state = 'active'`,
    says: 'is how long the longest statement has been running',
    mend: 'find it in pg_stat_activity by query_start and cancel it with pg_cancel_backend(pid)',
  },
  {
    name: 'blocked_sessions',
    quick: false,
    judgement: 'seconds',
    threshold: 'longestTransaction',
    value: `select ${ageOf('query_start')} from ${clients} and wait_event_type = 'Lock'`,
    says: 'is how long a session has been waiting for a lock',
    mend: 'select pg_blocking_pids(pid) of the waiting session names who holds the lock',
  },
  {
    name: 'prepared_transactions',
    quick: false,
    judgement: 'seconds',
    threshold: 'longestTransaction',
    value: `select ${ageOf('prepared')} from pg_prepared_xacts`,
    says: 'is how long a prepared transaction has been waiting to be finished',
    mend: 'COMMIT PREPARED or ROLLBACK PREPARED the one pg_prepared_xacts names',
  },
  {
    name: 'replication_lag',
    quick: false,
    judgement: 'seconds',
    threshold: 'replicationLag',
    // the lag columns are null while nothing is written; WAL receivers that do not replay report the flush
    value: `select case when pg_is_in_recovery()
        then (select case when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0 else extract(epoch from statement_timestamp() - pg_last_xact_replay_timestamp()) end)
        else (select extract(epoch from max(coalesce(replay_lag, flush_lag, write_lag, '0'))) from pg_stat_replication where state = 'streaming') end`,
    says: 'is how far a standby or the WAL archive is behind',
    mend: 'look at network, disk and CPU of the receiver; pg_stat_replication names it',
  },
  {
    name: 'inactive_slots',
    quick: false,
    judgement: 'notice',
    value: `select count(*)::float8 from pg_replication_slots where not active and not temporary`,
    says: 'replication slots keep WAL for a receiver that is not connected',
    mend: 'start the receiver (pgherd up starts the agent), or drop a slot nobody needs any more',
  },
  {
    name: 'archiver',
    quick: false,
    judgement: 'notice',
    value: `select count(*)::float8 from pg_stat_archiver where current_setting('archive_mode') <> 'off' and last_failed_time > coalesce(last_archived_time, '-infinity')`,
    says: 'WAL archivers failed at their last segment',
    mend: 'the server log has the message of archive_command; pg_wal grows until it works again',
  },
  {
    name: 'autovacuum_off',
    quick: false,
    judgement: 'notice',
    value: `select count(*)::float8 from unnest(array['autovacuum', 'track_counts']) as s where current_setting(s) = 'off'`,
    says: 'settings that autovacuum needs are off',
    mend: 'turn autovacuum and track_counts on: tables grow and transaction ids run out without them',
  },
  {
    name: 'vacuum_overdue',
    quick: false,
    judgement: 'notice',
    // five times the line at which autovacuum starts (routine-vacuuming, "The Autovacuum Daemon")
    value: `select count(*)::float8 from pg_class where relkind in ('r', 'm') and relpersistence <> 't' and pg_stat_get_dead_tuples(oid) > 5 *
      (current_setting('autovacuum_vacuum_threshold')::float8 + current_setting('autovacuum_vacuum_scale_factor')::float8 * greatest(reltuples, 0))`,
    says: 'tables have more dead rows than autovacuum keeps up with',
    mend: 'look for old transactions that hold vacuum back, then VACUUM the tables with most n_dead_tup',
  },
  {
    name: 'pending_restart',
    quick: false,
    judgement: 'notice',
    value: `select count(*)::float8 from pg_settings where pending_restart`,
    says: 'settings were changed and wait for a restart',
    mend: 'pgherd up plans the restart',
  },
]
