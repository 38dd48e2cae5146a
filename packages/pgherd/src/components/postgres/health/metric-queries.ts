import type { Major } from '../objects/access-level.ts'

/** One source of metrics: a query of `labels jsonb` and the values below. */
interface MetricQuery {
  /** FROM clause by major; a major that lacks the source is left out. */
  readonly from: Readonly<Partial<Record<Major, string>>>
  readonly labels?: string
  /** [name, unit, SQL]; a null value is left out. */
  readonly values: readonly (readonly [name: string, unit: string, sql: string])[]
}

const always = (from: string): Record<Major, string> => ({ 15: from, 16: from, 17: from, 18: from })
const none = '(values (1)) as one(one)'
const seconds = (milliseconds: string) => `${milliseconds} / 1000`

/** I/O by backend; 18 counts bytes, before there was one size for all operations (monitoring-stats, pg_stat_io). */
const ioBy = (bytes: (operation: string) => string) => `(select backend_type, object, context,
    sum(${bytes('read')}) as read_bytes, sum(${bytes('write')}) as write_bytes, sum(${bytes('extend')}) as extend_bytes,
    sum(fsyncs) as fsyncs, sum(read_time) as read_time, sum(write_time) as write_time, sum(fsync_time) as fsync_time
  from pg_stat_io group by 1, 2, 3) as io`
const ioWithBlockSize = ioBy((operation) => `${operation}s * op_bytes`)

/** WAL written and synced; pg_stat_wal lost the columns to pg_stat_io in 18. */
const walTimes = {
  15: 'pg_stat_wal',
  16: 'pg_stat_wal',
  17: 'pg_stat_wal',
  18: `(select sum(writes) as wal_write, sum(fsyncs) as wal_sync, sum(write_time) as wal_write_time, sum(fsync_time) as wal_sync_time
    from pg_stat_io where object = 'wal') as wal`,
}

/** Checkpoints; their columns moved from pg_stat_bgwriter to a view of their own in 17. */
const before17 = `(select checkpoints_timed as num_timed, checkpoints_req as num_requested, checkpoint_write_time as write_time,
    checkpoint_sync_time as sync_time, buffers_checkpoint as buffers_written from pg_stat_bgwriter) as checkpoints`

export const metricQueries: readonly MetricQuery[] = [
  {
    from: always(none),
    values: [
      [
        'connections_usable',
        'count',
        "current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - coalesce(current_setting('reserved_connections', true)::int, 0)",
      ],
      ['uptime', 'seconds', 'extract(epoch from statement_timestamp() - pg_postmaster_start_time())'],
      ['in_recovery', 'boolean', 'pg_is_in_recovery()::int'],
      // case, not coalesce: pg_current_wal_lsn() is an error on a standby
      [
        'wal_position',
        'bytes',
        "case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end - '0/0'::pg_lsn",
      ],
      ['database_size', 'bytes', 'pg_database_size(current_database())'],
    ],
  },
  {
    from: always(
      "(select coalesce(state, 'unknown') as state, count(*) as n from pg_stat_activity where backend_type = 'client backend' group by 1) as activity",
    ),
    labels: "jsonb_build_object('state', state)",
    values: [['connections', 'count', 'n']],
  },
  {
    from: always(`(select extract(epoch from max(statement_timestamp() - xact_start)) as oldest,
      extract(epoch from max(statement_timestamp() - query_start) filter (where state = 'active')) as longest,
      count(*) filter (where wait_event_type = 'Lock') as blocked
      from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()) as activity`),
    values: [
      ['longest_transaction', 'seconds', 'coalesce(oldest, 0)'],
      ['longest_query', 'seconds', 'coalesce(longest, 0)'],
      ['blocked_sessions', 'count', 'blocked'],
    ],
  },
  {
    from: always('(select * from pg_stat_database where datname = current_database()) as activity'),
    values: [
      ['commits', 'count', 'xact_commit'],
      ['rollbacks', 'count', 'xact_rollback'],
      ['blocks_read', 'count', 'blks_read'],
      ['blocks_hit', 'count', 'blks_hit'],
      ['cache_hit', 'share', 'blks_hit::float8 / nullif(blks_hit + blks_read, 0)'],
      ['rows_returned', 'count', 'tup_returned'],
      ['rows_fetched', 'count', 'tup_fetched'],
      ['rows_inserted', 'count', 'tup_inserted'],
      ['rows_updated', 'count', 'tup_updated'],
      ['rows_deleted', 'count', 'tup_deleted'],
      ['temporary_files', 'count', 'temp_files'],
      ['temporary_bytes', 'bytes', 'temp_bytes'],
      ['deadlocks', 'count', 'deadlocks'],
      ['recovery_conflicts', 'count', 'conflicts'],
      ['checksum_failures', 'count', 'checksum_failures'],
      ['sessions', 'count', 'sessions'],
      ['sessions_abandoned', 'count', 'sessions_abandoned'],
      ['sessions_fatal', 'count', 'sessions_fatal'],
      ['sessions_killed', 'count', 'sessions_killed'],
    ],
  },
  {
    from: always('pg_database'),
    labels: "jsonb_build_object('database', datname)",
    values: [
      ['transaction_id_age', 'count', 'age(datfrozenxid)'],
      ['multixact_age', 'count', 'mxid_age(datminmxid)'],
    ],
  },
  {
    from: { 15: before17, 16: before17, 17: 'pg_stat_checkpointer', 18: 'pg_stat_checkpointer' },
    values: [
      ['checkpoints_timed', 'count', 'num_timed'],
      ['checkpoints_requested', 'count', 'num_requested'],
      ['checkpoint_write_time', 'seconds', seconds('write_time')],
      ['checkpoint_sync_time', 'seconds', seconds('sync_time')],
      ['checkpoint_buffers', 'count', 'buffers_written'],
    ],
  },
  // Timed and requested checkpoints include skipped ones; 18 counts the finished ones.
  { from: { 18: 'pg_stat_checkpointer' }, values: [['checkpoints_done', 'count', 'num_done']] },
  {
    from: always('pg_stat_bgwriter'),
    values: [
      ['background_buffers_cleaned', 'count', 'buffers_clean'],
      ['background_cleaning_stopped', 'count', 'maxwritten_clean'],
      ['buffers_allocated', 'count', 'buffers_alloc'],
    ],
  },
  {
    from: { 15: 'pg_stat_bgwriter' },
    values: [
      ['backend_buffers_written', 'count', 'buffers_backend'],
      ['backend_fsyncs', 'count', 'buffers_backend_fsync'],
    ],
  },
  {
    from: { 16: ioWithBlockSize, 17: ioWithBlockSize, 18: ioBy((operation) => `${operation}_bytes`) },
    labels: "jsonb_build_object('backend_type', backend_type, 'object', object, 'context', context)",
    values: [
      ['io_read', 'bytes', 'read_bytes'],
      ['io_written', 'bytes', 'write_bytes'],
      ['io_extended', 'bytes', 'extend_bytes'],
      ['io_fsyncs', 'count', 'fsyncs'],
      ['io_read_time', 'seconds', seconds('read_time')],
      ['io_write_time', 'seconds', seconds('write_time')],
    ],
  },
  {
    from: always('pg_stat_wal'),
    values: [
      ['wal_records', 'count', 'wal_records'],
      ['wal_full_page_images', 'count', 'wal_fpi'],
      ['wal_generated', 'bytes', 'wal_bytes'],
      ['wal_buffers_full', 'count', 'wal_buffers_full'],
    ],
  },
  {
    from: walTimes,
    values: [
      ['wal_writes', 'count', 'wal_write'],
      ['wal_syncs', 'count', 'wal_sync'],
      ['wal_write_time', 'seconds', seconds('wal_write_time')],
      ['wal_sync_time', 'seconds', seconds('wal_sync_time')],
    ],
  },
  {
    from: always('pg_stat_replication'),
    labels: "jsonb_build_object('application', application_name, 'state', state)",
    values: [
      ['replication_flush_lag', 'seconds', 'extract(epoch from coalesce(flush_lag, write_lag))'],
      ['replication_replay_lag', 'seconds', 'extract(epoch from replay_lag)'],
      [
        'replication_unsent',
        'bytes',
        'case when not pg_is_in_recovery() then pg_current_wal_lsn() - sent_lsn end',
      ],
    ],
  },
  {
    from: always('pg_replication_slots'),
    labels: "jsonb_build_object('slot', slot_name, 'wal_status', wal_status)",
    values: [
      ['slot_active', 'boolean', 'active::int'],
      [
        'slot_retained_wal',
        'bytes',
        'case when not pg_is_in_recovery() then pg_current_wal_lsn() - restart_lsn end',
      ],
    ],
  },
]
