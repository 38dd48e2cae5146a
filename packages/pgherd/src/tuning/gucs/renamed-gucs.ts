import type { Major } from './guc.ts'

/** A setting that older servers had, and what to do instead (release notes of the major that dropped it). */
export interface RetiredGuc {
  readonly name: string
  /** The first major without it; below 15 it is gone from every server pgherd runs. */
  readonly goneIn: 9 | 10 | 12 | 13 | 14 | Major
  /** The setting that took its place; left out when there is none. */
  readonly becomes?: string
  readonly note: string
}

export const retiredGucs: readonly RetiredGuc[] = [
  {
    name: 'checkpoint_segments',
    goneIn: 9,
    becomes: 'max_wal_size',
    note: 'one segment was 16MB: max_wal_size = (3 * checkpoint_segments) * 16MB',
  },
  {
    name: 'wal_keep_segments',
    goneIn: 13,
    becomes: 'wal_keep_size',
    note: 'wal_keep_size is a size: wal_keep_segments * 16MB; pgherd keeps WAL by a slot instead',
  },
  { name: 'operator_precedence_warning', goneIn: 14, note: 'nothing takes its place' },
  { name: 'vacuum_cleanup_index_scale_factor', goneIn: 14, note: 'nothing takes its place' },
  { name: 'stats_temp_directory', goneIn: 15, note: 'statistics are kept in shared memory' },
  { name: 'default_with_oids', goneIn: 12, note: 'tables have no OIDs any more' },
  { name: 'force_parallel_mode', goneIn: 16, becomes: 'debug_parallel_query', note: 'it was renamed' },
  { name: 'promote_trigger_file', goneIn: 16, note: 'promotion is asked for with pg_promote()' },
  { name: 'vacuum_defer_cleanup_age', goneIn: 16, note: 'use hot_standby_feedback on standbys' },
  { name: 'lc_collate', goneIn: 16, note: 'the locale belongs to each database: databases.<name>.locale' },
  { name: 'lc_ctype', goneIn: 16, note: 'the locale belongs to each database: databases.<name>.locale' },
  {
    name: 'old_snapshot_threshold',
    goneIn: 17,
    becomes: 'transaction_timeout',
    note: 'transaction_timeout ends transactions that would hold old rows',
  },
  { name: 'db_user_namespace', goneIn: 17, note: 'nothing takes its place' },
  {
    name: 'trace_recovery_messages',
    goneIn: 17,
    becomes: 'log_min_messages',
    note: 'set log_min_messages instead',
  },
  { name: 'ssl_ecdh_curve', goneIn: 18, becomes: 'ssl_groups', note: 'it was renamed and takes a list' },
]
