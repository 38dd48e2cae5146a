import { majors } from '@pgherd/testbed/postgres-programs.ts'
import { ThrowawayServer } from '@pgherd/testbed/throwaway-server.ts'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { specSchema } from '../spec/schema.ts'
import { layOut, homeOf } from '../topology/topology.ts'
import type { Observation } from './observation.ts'
import { runChecks, type AskSql } from './run-checks.ts'

const up: Observation = {
  server: { state: 'up', silentSeconds: 0.1, reason: null },
  binaries: { flavour: 'system', version: '15.20' },
  volumes: null,
  archive: { state: 'off', lagBytes: null, lagSeconds: null, reason: null },
  catalogue: null,
  certificates: [],
  jobs: [],
  units: [],
}

describe.each(majors)('PostgreSQL %i', (major) => {
  test('each SQL check goes from clean to a finding to clean, as a role with pg_monitor alone', async () => {
    await using server = await ThrowawayServer.start({
      major,
      settings: {
        max_connections: '20',
        max_slot_wal_keep_size: '1MB',
        min_wal_size: '2MB',
        max_wal_size: '2MB',
      },
      initdb: ['--wal-segsize=1'],
    })
    await server.query("create role pgherd_monitor login password 'monitor' in role pg_monitor")
    const monitor = new pg.Client({ ...server.config(), user: 'pgherd_monitor', password: 'monitor' })
    await monitor.connect()
    const ask: AskSql = async (_, text) => (await monitor.query<Record<string, unknown>>(text)).rows
    const codes = async (alerts: Record<string, unknown> = {}) => {
      const spec = specSchema.parse({ name: 'demo', alerts })
      const member = homeOf(layOut(spec, { state: '/s', sockets: '/k' }))
      const findings = await runChecks({ situation: { spec, member, now: new Date() }, observation: up, ask })
      return findings.map((finding) => finding.code)
    }
    expect(await codes()).toEqual([])

    const idle = await server.connect()
    await idle.query('begin')
    await idle.query('select 1')
    expect(await codes({ longestTransaction: '1ms' })).toEqual(['TRANSACTION_TOO_LONG'])
    await idle.query('rollback')
    expect(await codes({ longestTransaction: '1ms' })).toEqual([])

    const sleeping = idle.query('select pg_sleep(30)').catch(() => undefined)
    await expect.poll(() => codes({ longestQuery: '100ms' })).toEqual(['QUERY_TOO_LONG'])
    await server.query(
      "select pg_cancel_backend(pid) from pg_stat_activity where query like 'select pg_sleep%'",
    )
    await sleeping

    const crowd = await Promise.all(Array.from({ length: 14 }, () => server.connect()))
    expect(await codes({ connectionShare: 0.9 })).toEqual(['CONNECTIONS_NEAR_LIMIT'])
    for (const client of [...crowd, idle]) await client.end()
    await expect.poll(() => codes({ connectionShare: 0.9 })).toEqual([])

    expect(await codes({ wraparoundShare: 0 })).toContain('WRAPAROUND_NEAR')

    await server.query("alter system set shared_buffers = '16MB'")
    await server.query('select pg_reload_conf()')
    await expect.poll(() => codes()).toEqual(['PENDING_RESTART'])
    await server.query('alter system reset shared_buffers')
    await server.query('select pg_reload_conf()')
    await expect.poll(() => codes()).toEqual([])

    await server.query("select pg_create_physical_replication_slot('forgotten', true)")
    for (let round = 0; round < 6; round++) {
      await server.query(
        "select pg_switch_wal(), txid_current(), pg_logical_emit_message(true, 'fill', repeat('x', 900000))",
      )
      await server.query('checkpoint')
    }
    expect(await codes()).toEqual(['SLOT_LOST'])
    await server.query("select pg_drop_replication_slot('forgotten')")
    expect(await codes()).toEqual([])
    await monitor.end()
  })
})
