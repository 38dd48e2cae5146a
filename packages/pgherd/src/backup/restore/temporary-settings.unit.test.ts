import { expect, test } from 'vitest'
import { renderTemporarySettings, type TemporarySettings } from './temporary-settings.ts'

const wanted: TemporarySettings = {
  socketDirectory: "/tmp/it's \\here",
  hbaFile: '/c/pg_hba.conf',
  identFile: '/c/pg_ident.conf',
  minimums: {
    max_connections: 37,
    max_worker_processes: 8,
    max_wal_senders: 10,
    max_prepared_transactions: 0,
    max_locks_per_transaction: 64,
  },
  preload: ['pg_stat_statements', 'timescaledb'],
  sharedBuffersBytes: 2 ** 26,
  major: 16,
}

test('the server can be reached through its socket only, and archives nothing', () => {
  const lines = renderTemporarySettings(wanted).split('\n')
  for (const line of [
    "listen_addresses = ''",
    "archive_mode = 'off'",
    "primary_conninfo = ''",
    "max_connections = '37'",
    "shared_buffers = '64MB'",
    "shared_preload_libraries = 'pg_stat_statements,timescaledb'",
  ]) {
    expect(lines).toContain(line)
  }
  expect(lines.filter((line) => /restore_command|recovery_target/.test(line))).toEqual([])
})

test('quotes and backslashes stay inside their value', () => {
  expect(renderTemporarySettings(wanted)).toContain("unix_socket_directories = '/tmp/it''s \\\\here'\n")
})

test('a target pauses, and settings that a major does not have are left out', () => {
  const recovery = {
    restoreCommand: 'exec /bin/sh x %f %p',
    timeline: 3,
    target: { kind: 'lsn', lsn: '0/10', inclusive: false },
  } as const
  const old = renderTemporarySettings({ ...wanted, recovery })
  expect(old).toContain("recovery_target_lsn = '0/10'\nrecovery_target_inclusive = 'off'\n")
  expect(old).toContain("recovery_target_timeline = '3'\nrecovery_target_action = 'pause'\n")
  expect(old).not.toContain('event_triggers')
  expect(renderTemporarySettings({ ...wanted, major: 18 })).toContain("event_triggers = 'off'")
})
