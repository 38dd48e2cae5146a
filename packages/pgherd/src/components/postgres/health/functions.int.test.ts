import { chownSync, writeFileSync } from 'node:fs'
import { majors } from '@pgherd/testbed/postgres-programs.ts'
import { unprivilegedAccount } from '@pgherd/testbed/unprivileged.ts'
import type pg from 'pg'
import { expect, test } from 'vitest'
import { declare, ObjectServer } from '../objects/server.testkit.ts'
import { healthChecks } from './health-checks.ts'

const spec = {
  databases: { shop: { owner: 'app', extensions: ['pg_stat_statements'] } },
  roles: { app: { access: 'owner' }, watcher: { access: 'monitor' } },
}

interface Check {
  check_name: string
  status: string
  value: number
  threshold: number
  unit: string
  message: string
  mend: string | null
}

async function detailed(client: pg.Client): Promise<Map<string, Check>> {
  const { rows } = await client.query<Check>('select * from pgherd.detailed_health_check()')
  return new Map(rows.map((row) => [row.check_name, row]))
}

async function simple(client: pg.Client): Promise<{ status: string; message: string; checked_at: Date }> {
  const { rows } = await client.query<{ status: string; message: string; checked_at: Date }>(
    'select * from pgherd.simple_health_check()',
  )
  expect(rows).toHaveLength(1)
  return rows[0] ?? { status: '', message: '', checked_at: new Date(0) }
}

/** Metrics by name; labels behind the name when there are any. */
async function metrics(client: pg.Client): Promise<Map<string, { value: number; unit: string }>> {
  const { rows } = await client.query<{
    metric_name: string
    value: number
    unit: string
    labels: Record<string, string>
  }>('select * from pgherd.get_database_metrics()')
  const named = rows.map(
    ({ metric_name, value, unit, labels }): [string, { value: number; unit: string }] => [
      Object.keys(labels).length === 0 ? metric_name : `${metric_name} ${JSON.stringify(labels)}`,
      { value, unit },
    ],
  )
  expect(new Set(named.map(([name]) => name)).size).toBe(named.length)
  return new Map(named)
}

test.each(majors)(
  'PostgreSQL %i: a monitor role gets the right figures, and each check reacts',
  async (major) => {
    await using server = await ObjectServer.start(major, {
      max_connections: '40',
      max_prepared_transactions: '2',
      shared_preload_libraries: 'pg_stat_statements',
      archive_mode: 'on',
      archive_command: 'false',
      archive_timeout: '1h',
    })
    const declared = declare(major, spec as never)
    await server.up(declared)
    await server.close()
    const admin = await server.admin('shop')
    await using app = await server.login('app', 'shop')
    await using watcher = await server.login('watcher', 'shop')

    const { status, message, checked_at } = await simple(watcher)
    expect({ status, message }).toEqual({
      status: 'healthy',
      message: expect.stringMatching(/^[3-6] checks passed$/),
    })
    expect(Math.abs(checked_at.getTime() - Date.now())).toBeLessThan(60_000)

    // three sessions of 40 less the 3 reserved for superusers
    const { rows: sessions } = await admin.query<{ n: number }>(
      "select count(*)::int as n from pg_stat_activity where backend_type = 'client backend'",
    )
    expect(sessions[0]?.n).toBe(3)
    const connections = (await detailed(watcher)).get('connections')
    expect(connections).toMatchObject({ status: 'healthy', threshold: 0.8, unit: 'share', mend: null })
    expect(connections?.value).toBeCloseTo(3 / 37, 10)

    // thresholds come from settings; what is no number leaves the spec's default in place
    await watcher.query("set pgherd.connection_share = '0.05'")
    expect((await detailed(watcher)).get('connections')).toMatchObject({
      status: 'degraded',
      threshold: 0.05,
      mend: expect.stringContaining('pool'),
    })
    expect(await simple(watcher)).toMatchObject({
      status: 'degraded',
      message: '8.1 % of the connections applications can open are in use (limit 5.0 %)',
    })
    await watcher.query("set pgherd.connection_share = '0'")
    expect((await simple(watcher)).status).toBe('degraded')
    await watcher.query("set pgherd.connection_share = 'nonsense'")
    expect((await detailed(watcher)).get('connections')).toMatchObject({ status: 'healthy', threshold: 0.8 })
    await watcher.query("set pgherd.wraparound_share = '0'")
    expect((await simple(watcher)).message).toMatch(/of the transaction ids are in use; at 100 %/)
    await watcher.query('reset pgherd.wraparound_share')

    // a transaction that holds a lock on everything, another that waits for it: no check waits too
    await app.query('create table t (i int); insert into t select generate_series(1, 1000)')
    await app.query('begin; lock table t in access exclusive mode')
    const waiting = admin.query('select count(*) from public.t')
    await new Promise((resolve) => setTimeout(resolve, 300))
    await watcher.query(
      "set statement_timeout = '5s'; set pgherd.longest_transaction = '0.1s'; set pgherd.longest_query = '0.1'",
    )
    const busy = await detailed(watcher)
    for (const name of ['longest_transaction', 'idle_in_transaction', 'longest_query', 'blocked_sessions']) {
      expect(busy.get(name)).toMatchObject({ status: 'degraded', threshold: 0.1, unit: 'seconds' })
      expect(busy.get(name)?.value).toBeGreaterThan(0.1)
      expect(busy.get(name)?.value).toBeLessThan(60)
    }
    const held = await metrics(watcher)
    expect(held.get('blocked_sessions')).toEqual({ value: 1, unit: 'count' })
    expect(held.get('connections {"state":"idle in transaction"}')).toEqual({ value: 1, unit: 'count' })
    await app.query("prepare transaction 'forgotten'")
    expect((await detailed(watcher)).get('prepared_transactions')).toMatchObject({ unit: 'seconds' })
    await app.query("commit prepared 'forgotten'")
    await waiting

    await admin.query("select pg_create_physical_replication_slot('left_over', true)")
    await admin.query('alter system set max_connections = 41')
    await admin.query('alter system set autovacuum = off')
    await admin.query('select pg_reload_conf(), pg_switch_wal()')
    await app.query('update t set i = i; update t set i = i')
    await app.query('select pg_stat_force_next_flush()')
    await expect
      .poll(async () => (await detailed(watcher)).get('archiver')?.status, { timeout: 20_000 })
      .toBe('degraded')
    await expect
      .poll(async () => (await detailed(watcher)).get('vacuum_overdue')?.status, { timeout: 20_000 })
      .toBe('degraded')
    const broken = await detailed(watcher)
    for (const [name, value] of [
      ['inactive_slots', 1],
      ['pending_restart', 1],
      ['autovacuum_off', 1],
      ['lost_slots', 0],
      ['checksum_failures', 0],
    ] as const) {
      expect(broken.get(name)).toMatchObject({ value, status: value === 0 ? 'healthy' : 'degraded' })
    }
    expect([...broken.keys()].filter((name) => !healthChecks.some((check) => check.name === name))).toEqual(
      [],
    )
    // the worst come first
    const order = [...broken.values()].map(({ status: each }) => each)
    expect(order.indexOf('healthy')).toBeGreaterThan(order.lastIndexOf('degraded'))

    await app.query("select 'counted' as statement")
    const found = await metrics(watcher)
    expect(found.get('connections_usable')).toEqual({ value: 37, unit: 'count' })
    expect(found.get('rows_inserted')?.value).toBeGreaterThanOrEqual(1000)
    const { rows: size } = await admin.query<{ n: string }>("select pg_database_size('shop') as n")
    expect(Math.abs((found.get('database_size')?.value ?? 0) / Number(size[0]?.n) - 1)).toBeLessThan(0.5)
    expect(found.get('slot_active {"slot":"left_over","wal_status":"reserved"}')).toEqual({
      value: 0,
      unit: 'boolean',
    })
    expect(found.get('statement_calls')?.value).toBeGreaterThan(10)
    expect([...found.keys()].filter((name) => name.startsWith('top_statement_time')).length).toBe(10)
    expect(found.get('wal_generated')?.value).toBeGreaterThan(10_000)
    const has = (name: string) => [...found.keys()].some((key) => key === name || key.startsWith(`${name} `))
    const everywhere = [
      'checkpoints_timed',
      'checkpoint_buffers',
      'buffers_allocated',
      'wal_writes',
      'wal_sync_time',
      'cache_hit',
      'transaction_id_age',
    ]
    expect(everywhere.filter((name) => !has(name))).toEqual([])
    // what a major cannot tell is absent, not zero
    expect({
      io: has('io_written'),
      backend: has('backend_buffers_written'),
      done: has('checkpoints_done'),
    }).toEqual({
      io: major >= 16,
      backend: major === 15,
      done: major === 18,
    })
    if (major >= 16) {
      const { rows } = await admin.query<{ n: number }>(
        `select sum(${major === 18 ? 'extend_bytes' : 'extends * op_bytes'})::float8 as n from pg_stat_io where backend_type = 'client backend' and object = 'relation' and context = 'normal'`,
      )
      const key = [...found.keys()].find(
        (name) =>
          name.startsWith('io_extended') &&
          name.includes('"client backend"') &&
          name.includes('"normal"') &&
          name.includes('"relation"'),
      )
      expect(found.get(key ?? '')?.value).toBeGreaterThan(8191)
      expect(found.get(key ?? '')?.value).toBeLessThanOrEqual(rows[0]?.n ?? 0)
    }
  },
)

test.each(majors)(
  "PostgreSQL %i: pgherd's own monitor role can ask in every database, others cannot",
  async (major) => {
    await using server = await ObjectServer.start(major)
    await server.up(declare(major, spec as never))
    for (const database of ['postgres', 'shop']) {
      const client = await server.server.connect(database)
      await client.query(
        'create view public.pg_stat_activity as select 1/0 as backend_type; create function public.round(numeric) returns numeric language sql as $$select 1/0::numeric$$',
      )
      await client.query('set session authorization pgherd_monitor')
      // hostile objects in front of the server's own must not be used
      await client.query('set search_path = public, pg_catalog')
      expect((await simple(client)).status).toBe('healthy')
      expect((await detailed(client)).size).toBeGreaterThan(6)
      expect((await metrics(client)).get('in_recovery')).toEqual({ value: 0, unit: 'boolean' })
      const { rows } = await client.query(
        "select proname, provolatile, prosecdef from pg_proc where pronamespace = 'pgherd'::regnamespace order by 1",
      )
      expect(rows).toEqual(
        ['detailed_health_check', 'get_database_metrics', 'simple_health_check'].map((proname) => ({
          proname,
          provolatile: 's',
          prosecdef: false,
        })),
      )
      await client.end()
    }
    await using app = await server.login('app', 'shop')
    for (const name of ['simple_health_check', 'detailed_health_check', 'get_database_metrics']) {
      await expect(app.query(`select * from pgherd.${name}()`)).rejects.toMatchObject({ code: '42501' })
    }
  },
)

test('the functions answer during recovery, as on a standby', async () => {
  await using server = await ObjectServer.start(18)
  await server.up(declare(18, spec as never))
  await server.close()
  // a server in recovery without a primary: all of a standby but its connection
  await server.server.halt()
  const signal = `${server.server.data}/standby.signal`
  writeFileSync(signal, '')
  chownSync(signal, unprivilegedAccount().uid, unprivilegedAccount().gid)
  await server.server.launch()
  await using watcher = await server.login('watcher', 'shop')
  expect((await simple(watcher)).status).toBe('healthy')
  expect((await detailed(watcher)).has('connections')).toBe(true)
  expect((await metrics(watcher)).get('in_recovery')).toEqual({ value: 1, unit: 'boolean' })
  expect((await metrics(watcher)).get('wal_position')?.value).toBeGreaterThan(0)
})
