import type { ControlFile } from './control-file.ts'

/** When replay ends. Without a target it goes on to the end of the archive and waits there. */
export type RecoveryTarget =
  /** With zone, as recovery_target_time takes it. Commits of that very moment are included. */
  | { readonly kind: 'time'; readonly text: string }
  /** Everything before the position; `inclusive` takes the record that begins there as well. */
  | { readonly kind: 'lsn'; readonly lsn: string; readonly inclusive: boolean }

export interface TemporarySettings {
  readonly socketDirectory: string
  readonly hbaFile: string
  readonly identFile: string
  readonly minimums: ControlFile['minimums']
  readonly preload: readonly string[]
  readonly sharedBuffersBytes: number
  readonly major: number
  /** The data is the only copy of something, so that a power cut must not damage it. */
  readonly durable?: boolean
  readonly recovery?: {
    readonly restoreCommand: string
    readonly timeline: number | 'current'
    readonly target?: RecoveryTarget
  }
}

/**
 * The configuration of a server that only pgherd can reach: no TCP, no archiving, no replication, no background work
 * that changes data, and no code of the user that would run at connecting.
 */
export function renderTemporarySettings(wanted: TemporarySettings): string {
  const settings: Record<string, string> = {
    listen_addresses: '',
    unix_socket_directories: wanted.socketDirectory,
    port: '5432',
    hba_file: wanted.hbaFile,
    ident_file: wanted.identFile,
    ssl: 'off',
    archive_mode: 'off',
    primary_conninfo: '',
    hot_standby: 'on',
    // Queries on the standby are our own and short; replay waits for them.
    max_standby_archive_delay: '-1',
    max_standby_streaming_delay: '-1',
    wal_retrieve_retry_interval: '20ms',
    autovacuum: 'off',
    shared_buffers: `${Math.ceil(wanted.sharedBuffersBytes / 2 ** 20)}MB`,
    checkpoint_timeout: '30min',
    max_wal_size: '2GB',
    jit: 'off',
    logging_collector: 'off',
    log_destination: 'stderr',
    log_min_messages: 'warning',
    lc_messages: 'C',
    shared_preload_libraries: wanted.preload.join(','),
    ...Object.fromEntries(Object.entries(wanted.minimums).map(([name, value]) => [name, String(value)])),
    // Nobody needs the copy of a proof after a power cut, and a restore flushes everything once, when it is complete:
    // flushing on the way is most of the time of a small restore.
    fsync: wanted.durable === true ? 'on' : 'off',
    synchronous_commit: 'off',
    ...(wanted.major >= 17 ? { event_triggers: 'off', summarize_wal: 'off' } : {}),
    ...recoverySettings(wanted.recovery),
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${quoteValue(value)}\n`)
    .join('')
}

function recoverySettings(recovery: TemporarySettings['recovery']): Record<string, string> {
  if (!recovery) return {}
  const { restoreCommand, timeline, target } = recovery
  return {
    restore_command: restoreCommand,
    recovery_target_timeline: String(timeline),
    recovery_target_action: 'pause',
    ...(target?.kind === 'time' ? { recovery_target_time: target.text } : {}),
    ...(target?.kind === 'lsn'
      ? { recovery_target_lsn: target.lsn, recovery_target_inclusive: target.inclusive ? 'on' : 'off' }
      : {}),
  }
}

/** A quoted value of postgresql.conf: backslashes start escapes there (PostgreSQL docs, 20.1.2; GUC_scanstr). */
function quoteValue(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}
