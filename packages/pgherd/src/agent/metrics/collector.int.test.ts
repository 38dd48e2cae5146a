import { majors } from '@pgherd/testbed/postgres-programs.ts'
import { ThrowawayServer } from '@pgherd/testbed/throwaway-server.ts'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../clock.ts'
import { MonitorSession } from '../monitor/monitor-session.ts'
import { accessOf, createMonitor } from '../testing/throwaway-access.testkit.ts'
import { Collector } from './collector.ts'
import type { Family } from './family.ts'

function value(
  families: readonly Family[],
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const family = families.find((each) => each.name === name)
  return family?.samples.find((sample) =>
    Object.entries(labels).every(([label, wanted]) => sample.labels[label] === wanted),
  )?.value
}

describe.each(majors)('PostgreSQL %i', (major) => {
  test('every query of this version succeeds with pg_monitor alone, and the figures are right', async () => {
    await using server = await ThrowawayServer.start({
      major,
      settings: { shared_preload_libraries: 'pg_stat_statements', track_io_timing: 'on' },
    })
    await createMonitor(server)
    await server.query('create database "we""ird"')
    await server.query('create schema "s p"', [], 'we"ird')
    await server.query('create extension pg_stat_statements schema "s p"', [], 'we"ird')
    await server.query('grant usage on schema "s p" to pgherd_monitor', [], 'we"ird')
    await server.query('create table "T 1" as select g as id from generate_series(1, 1000) g', [], 'we"ird')
    await server.query('analyze "T 1"', [], 'we"ird')
    await server.query("select pg_create_physical_replication_slot('kept', true)")
    const access = accessOf(server)
    const session = new MonitorSession(access.monitor('postgres'))
    const collector = new Collector({ access, clock: systemClock, major, session })
    await collector.refresh(0)
    expect(collector.cost.failed).toEqual([])
    expect(collector.cost.skipped).toBe(0)
    const families = collector.families()
    expect(value(families, 'pg_stat_database_numbackends', { datname: 'postgres' })).toBe(1)
    expect(value(families, 'pg_settings_shared_buffers_bytes')).toBe(128 * 2 ** 20)
    expect(value(families, 'pg_settings_checkpoint_timeout_seconds')).toBe(300)
    expect(value(families, 'pg_settings_max_wal_size_bytes')).toBe(2 ** 30)
    expect(value(families, 'pg_settings_track_io_timing')).toBe(1)
    expect(value(families, 'pg_database_size_bytes', { datname: 'we"ird' })).toBeGreaterThan(5e6)
    expect(
      value(families, 'pg_stat_user_tables_n_live_tup', {
        datname: 'we"ird',
        relname: 'T 1',
        schemaname: 'public',
      }),
    ).toBe(1000)
    expect(value(families, 'pg_stat_user_tables_table_size_bytes', { relname: 'T 1' })).toBe(
      await sizeOf(server),
    )
    expect(value(families, 'pg_stat_statements_calls_total', { datname: 'we"ird' })).toBeGreaterThan(0)
    expect(value(families, 'pg_replication_is_replica')).toBe(0)
    expect(value(families, 'pg_replication_slot_slot_is_active', { slot_name: 'kept' })).toBe(0)
    expect(value(families, 'pg_replication_slot_lost', { slot_name: 'kept' })).toBe(0)
    expect(value(families, 'pg_locks_count', { datname: 'postgres', mode: 'accessexclusivelock' })).toBe(0)
    expect(
      value(families, 'pg_static', { short_version: (await versionOf(server)).split(' ')[0] ?? '' }),
    ).toBe(1)
    expect(value(families, 'pg_wal_segments')).toBeGreaterThan(0)
    expect(value(families, 'pgherd_timeline')).toBe(1)
    expect(value(families, 'pg_stat_checkpointer_num_timed_total') === undefined).toBe(major < 17)
    expect(value(families, 'pg_stat_bgwriter_checkpoints_timed_total') === undefined).toBe(major >= 17)
    expect(value(families, 'pg_stat_checkpointer_num_done_total') === undefined).toBe(major < 18)
    expect(families.some((family) => family.name === 'pg_stat_io_reads_total')).toBe(major >= 16)
    for (const family of families) {
      expect(family.name).toMatch(/^(pg|pgherd)_[a-z0-9_]+$/)
      for (const sample of family.samples) expect(Number.isFinite(sample.value)).toBe(true)
      const keys = family.samples.map((sample) => JSON.stringify(sample.labels))
      expect(new Set(keys).size, family.name).toBe(keys.length)
    }
    await session.close()
  })
})

async function sizeOf(server: ThrowawayServer): Promise<number> {
  const { rows } = await server.query(`select pg_relation_size('"T 1"') as size`, [], 'we"ird')
  return Number((rows[0] as { size: string }).size)
}

async function versionOf(server: ThrowawayServer): Promise<string> {
  return ((await server.query('show server_version')).rows[0] as { server_version: string }).server_version
}

test('a table under ACCESS EXCLUSIVE lock blinds nothing', async () => {
  await using server = await ThrowawayServer.start()
  await createMonitor(server)
  await server.query('create table locked as select 1 as id')
  const holder = await server.connect()
  await holder.query('begin')
  await holder.query('lock table locked in access exclusive mode')
  const access = accessOf(server)
  const session = new MonitorSession(access.monitor('postgres'))
  const collector = new Collector({ access, clock: systemClock, major: 18, session })
  await collector.refresh(0)
  expect(collector.cost.failed).toEqual([])
  expect(value(collector.families(), 'pg_stat_user_tables_n_tup_ins', { relname: 'locked' })).toBeDefined()
  expect(
    value(collector.families(), 'pg_locks_count', { datname: 'postgres', mode: 'accessexclusivelock' }),
  ).toBe(1)
  await holder.end()
  await session.close()
})

test('a frozen server costs a pass its deadline, not the agent', async () => {
  await using server = await ThrowawayServer.start()
  await createMonitor(server)
  const access = accessOf(server)
  const session = new MonitorSession(access.monitor('postgres'))
  await session.ask('select 1', 1000)
  const { rows } = await server.query("select pid from pg_stat_activity where usename = 'pgherd_monitor'")
  const pid = (rows[0] as { pid: number }).pid
  process.kill(pid, 'SIGSTOP')
  process.kill(server.pid, 'SIGSTOP')
  try {
    const started = performance.now()
    const collector = new Collector({ access, clock: systemClock, major: 18, session })
    await collector.refresh(0)
    expect(performance.now() - started).toBeLessThan(9000)
    expect(collector.cost.failed.length).toBeGreaterThan(0)
    expect(collector.cost.skipped).toBeGreaterThan(0)
  } finally {
    process.kill(server.pid, 'SIGCONT')
    process.kill(pid, 'SIGCONT')
  }
})
