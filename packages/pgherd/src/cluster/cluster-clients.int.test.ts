import { connect, createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BareCluster } from '@pgherd/testbed/bare-cluster.ts'
import { eventually } from '@pgherd/testbed/herd.ts'
import type { ClusterAccess } from './access.ts'
import { accessTo, codeOf, memberOf } from './bare-access.testkit.ts'
import { connectTo, type Endpoint } from './connect.ts'
import { EtcdApi } from './etcd-api.ts'
import { findPrimary } from './find-primary.ts'
import { observeCluster } from './observe-cluster.ts'
import { observeGateway } from './observe-gateway.ts'
import { PatroniApi } from './patroni-api.ts'
import { PoolerAdmin } from './pooler-admin.ts'
import { readDcs } from './read-dcs.ts'
import { routerStats } from './router-stats.ts'
import { allOf, allStreaming, oneTimeline, synchronousStandbys, waitForCluster } from './wait-for.ts'

let bare: BareCluster
let access: ClusterAccess

beforeAll(async () => {
  bare = await BareCluster.start({ synchronous: true, timing: { ttl: 20, loopWait: 2, retryTimeout: 5 } })
  access = accessTo(bare)
})

afterAll(() => bare?.[Symbol.asyncDispose]())

const healthy = allOf(allStreaming, oneTimeline, synchronousStandbys(1))

async function primaryApi(timeoutMs?: number): Promise<PatroniApi> {
  const primary = await findPrimary(access)
  if (!primary) throw new Error('there is no primary')
  return new PatroniApi(access, primary, timeoutMs === undefined ? {} : { timeoutMs })
}

/** PgBouncer turns clients away for a moment after a login to a server has failed; that moment is waited for. */
async function session(to: Endpoint): Promise<pg.Client> {
  for (const until = performance.now() + 10_000; ; await sleep(200)) {
    const client = new pg.Client(
      await connectTo(access, to, { user: 'app', secret: 'role-app', database: 'app' }),
    )
    client.on('error', () => undefined)
    try {
      await client.connect()
      return client
    } catch (error) {
      const isTurnedAway = error instanceof Error && error.message.includes('server_login_retry')
      if (!isTurnedAway || performance.now() > until) throw error
    }
  }
}

async function isStandby(to: Endpoint): Promise<boolean | undefined> {
  const client = await session(to)
  try {
    return (await client.query<{ standby: boolean }>('select pg_is_in_recovery() as standby')).rows[0]
      ?.standby
  } finally {
    await client.end()
  }
}

test('a whole cluster is seen whole', async () => {
  const view = await waitForCluster(access, healthy, { deadlineMs: 60_000 })
  expect(view).toMatchObject({ leader: await bare.primary(), paused: false, failsafeActive: false })
  expect(view.members.map(({ role }) => role).sort()).toEqual(['primary', 'standby', 'standby'])
  expect(view.members.map(({ sync }) => sync).sort()).toEqual(['async', 'none', 'sync'])
  for (const { patroniVersion, postgresVersion, pendingRestart } of view.members) {
    expect(patroniVersion).toMatch(/^3\./)
    expect(postgresVersion).toMatch(/^15\.\d+$/)
    expect(pendingRestart).toBe(false)
  }
  expect(view.dynamicConfig).toMatchObject({ ttl: 20, synchronous_mode: true })
  expect(view.etcd.quorum).toBe(true)
  expect(view.etcd.members.map(({ healthy: up }) => up)).toEqual([true, true, true])
  expect(view.etcd.members.filter(({ leader }) => leader)).toHaveLength(1)
  expect(view.routes).toHaveLength(6)
  expect(view.routes.filter(({ route, up }) => route === 'write' && up).map(({ member }) => member)).toEqual([
    view.leader,
  ])
  expect(view.pools.some(({ database, paused }) => database === 'app' && !paused)).toBe(true)
  expect(view).not.toHaveProperty('silent')
  expect(await observeGateway(access, view)).toEqual({ pooler: 'ok', router: 'ok' })
  const stranger: ClusterAccess = { ...access, readSecret: () => Promise.resolve('wrong') }
  expect(await observeGateway(stranger, view)).toMatchObject({
    pooler: { reason: expect.stringMatching(/^role app cannot use database app: /) as string },
  })
})

test('each endpoint leads to where it says', async () => {
  expect(await isStandby('write')).toBe(false)
  expect(await isStandby('pool')).toBe(false)
  expect(await eventually('a read from a standby', () => isStandby('read'))).toBe(true)
  const primary = await findPrimary(access)
  for (const name of ['pg1', 'pg2', 'pg3'])
    expect(await isStandby(memberOf(access, name)), name).toBe(name !== primary?.name)
})

test('a certificate of another address is refused, by PostgreSQL sessions and by Patroni requests', async () => {
  const real = memberOf(access, 'pg1')
  const address = bare.gateway.replace(/\.1$/, '.77')
  const { postgres, patroni } = real.ports
  const impostors = await Promise.all([postgres, patroni].map((port) => forward(address, real.address, port)))
  try {
    await expect(session({ ...real, address })).rejects.toThrow(/does not match certificate's altnames/)
    await expect(new PatroniApi(access, { ...real, address }).status()).rejects.toThrow(
      /does not match certificate's altnames/,
    )
  } finally {
    for (const impostor of impostors) impostor.close()
  }
})

test('Patroni takes a patch of the dynamic configuration, and says why it takes no other', async () => {
  const api = await primaryApi()
  await api.patchConfig({
    maximum_lag_on_failover: 2_097_152,
    postgresql: { parameters: { max_connections: 90 } },
  })
  expect(await api.config()).toMatchObject({ maximum_lag_on_failover: 2_097_152 })
  await waitForCluster(
    access,
    ({ members }) =>
      members.filter(({ pendingRestart }) => !pendingRestart).map(({ name }) => `${name} knows it`),
    { deadlineMs: 30_000 },
  )
  await api.patchConfig({ postgresql: { parameters: { max_connections: null } } })
  expect(await api.config()).not.toHaveProperty('postgresql.parameters.max_connections')
  expect(await codeOf(api.switchover({ leader: 'pg9', candidate: 'pg8' }))).toBe('PATRONI_REFUSED')
  const stranger: ClusterAccess = { ...access, readSecret: () => Promise.resolve('wrong') }
  const refused = new PatroniApi(stranger, memberOf(access, 'pg1')).patchConfig({ ttl: 99 })
  await expect(refused).rejects.toThrow(/answered 401/)
})

test('etcd tells its members, and keeps, gives and removes keys', async () => {
  const etcd = new EtcdApi(access)
  const members = await etcd.members()
  expect(members.map(({ name }) => name).sort()).toEqual(['pg1', 'pg2', 'pg3'])
  for (const { id, peerUrls } of members) {
    expect(id).toMatch(/^[0-9a-f]+$/)
    expect(peerUrls[0]).toMatch(/^https:.*:2380$/)
  }
  const ids = (await etcd.health()).members.map(({ id }) => id)
  expect(ids.sort()).toEqual(members.map(({ id }) => id).sort())
  const { systemId, listed } = await readDcs(access)
  expect(systemId).toMatch(/^\d{19}$/)
  expect(await etcd.get('/service/bare/initialize')).toBe(systemId)
  expect(listed).toEqual(members)
  expect(await etcd.get('/service/none')).toBeUndefined()
  expect(await codeOf(etcd.removeMember('deadbeef'))).toBe('ETCD_FAILED')
  // a member that is announced and taken back; it never runs
  await etcd.addMember('pg4', 'https://127.255.255.4:2380')
  const announced = (await etcd.members()).find(({ peerUrls }) => peerUrls[0]?.includes('127.255.255.4'))
  await etcd.removeMember(announced?.id ?? '')
  expect(await etcd.members()).toHaveLength(3)
})

test('HAProxy says where it leads to', async () => {
  const routes = await routerStats(access)
  const primary = await findPrimary(access)
  expect(routes.filter(({ route, up }) => route === 'write' && up)).toMatchObject([{ member: primary?.name }])
  const stranger: ClusterAccess = { ...access, readSecret: () => Promise.resolve('wrong') }
  expect(await codeOf(routerStats(stranger))).toBe('ROUTER_UNREACHABLE')
})

test('paused pools hold clients back, are seen to, and let go', async () => {
  await using admin = await PoolerAdmin.connect(access)
  expect(await admin.version()).toMatch(/^1\.\d+\.\d+$/)
  const client = await session('pool')
  await client.query('select 1')
  await admin.pause(5000)
  expect(await admin.pausedDatabases()).toEqual(['app', 'app_ro', 'postgres'])
  expect(await observeGateway(access, await observeCluster(access), { timeoutMs: 500 })).toEqual({
    pooler: { reason: 'app paused', waiting: true },
    router: 'ok',
  })
  let answered = false
  const waiting = client.query('select 2 as two').then(({ rows }) => {
    answered = true
    return rows as unknown
  })
  await eventually('a client that waits', async () =>
    (await admin.pools()).some(({ clientsWaiting, paused }) => clientsWaiting === 1 && paused)
      ? true
      : undefined,
  )
  expect(answered).toBe(false)
  await admin.resume()
  expect(await waiting).toEqual([{ two: 2 }])
  expect(await admin.pausedDatabases()).toEqual([])
  await admin.resume()
  await admin.reload()
  await admin.reconnect()
  expect((await admin.clients()).map(({ database, user }) => `${database} ${user}`)).toContain('app app')
  await client.end()
})

test('a pause somebody made by hand is resumed too', async () => {
  await using admin = await PoolerAdmin.connect(access)
  await bare.query('pool', 'PAUSE', { user: 'pgherd_pooler', database: 'pgbouncer' })
  await admin.resume()
  expect(await isStandby('pool')).toBe(false)
})

test('past its deadline a pause is called off, and the transaction it waited for survives', async () => {
  const idle = await session('pool')
  await idle.query('create table if not exists survivor (i int)')
  await idle.query('begin')
  await idle.query('insert into survivor values (1)')
  await using admin = await PoolerAdmin.connect(access)
  expect(await codeOf(admin.pause(300))).toBe('POOLS_BUSY')
  expect(await admin.pausedDatabases()).toEqual([])
  expect(await isStandby('pool')).toBe(false)
  const stop = AbortSignal.timeout(300)
  await expect(admin.pause(60_000, stop)).rejects.toThrow(/aborted due to timeout/)
  expect(await admin.pausedDatabases()).toEqual([])
  await idle.query('commit')
  expect((await idle.query('select count(*)::int as n from survivor')).rows).toEqual([{ n: 1 }])
  // and once it has ended, pausing works
  await admin.pause(5000)
  await admin.resume()
  await idle.end()
})

test('a standby that replays nothing is behind by bytes and seconds, and no longer once it goes on', async () => {
  const { leader } = await observeCluster(access)
  const name = ['pg1', 'pg2', 'pg3'].find((each) => each !== leader) ?? ''
  // only the superuser may pause the replay, and it comes over the socket alone: so the process is frozen
  const startup = bare.serverProcess(name, 'startup') ?? Number.NaN
  process.kill(startup, 'SIGSTOP')
  try {
    await bare.query('write', 'create table if not exists behind (i int)')
    const seen = await eventually('a standby that is behind', async () => {
      const found = (await observeCluster(access)).members.find((each) => each.name === name)
      return (found?.lagBytes ?? 0) > 0 && (found?.lagSeconds ?? 0) > 0 ? found : undefined
    })
    expect(seen.role).toBe('standby')
  } finally {
    process.kill(startup, 'SIGCONT')
  }
  await eventually('a standby that has caught up', async () => {
    const found = (await observeCluster(access)).members.find((each) => each.name === name)
    return found?.lagSeconds === 0 ? true : undefined
  })
})

test('a switchover makes the candidate primary', async () => {
  const { leader = '', synchronous } = await waitForCluster(access, healthy, { deadlineMs: 60_000 })
  const [candidate = ''] = synchronous
  const said = await (await primaryApi(30_000)).switchover({ leader, candidate })
  expect(said).toContain(candidate)
  const { leader: now, members } = await waitForCluster(access, healthy, { deadlineMs: 60_000 })
  expect(now).toBe(candidate)
  expect(members.every(({ timeline }) => timeline === 2)).toBe(true)
  expect((await findPrimary(access))?.name).toBe(candidate)
  const history = await eventually('the history', async () => {
    const found = await (await primaryApi()).history()
    return found.length > 0 ? found : undefined
  })
  expect(history[0]?.[0]).toBe(1)
})

test('a wait that is in vain says what is missing, and an aborted one ends at once', async () => {
  await expect(waitForCluster(access, synchronousStandbys(3), { deadlineMs: 1 })).rejects.toThrow(
    /1 of 3 synchronous standbys/,
  )
  const stop = new AbortController()
  const waiting = waitForCluster(access, synchronousStandbys(3), { deadlineMs: 60_000, signal: stop.signal })
  setTimeout(() => stop.abort(new Error('enough')), 300)
  await expect(waiting).rejects.toThrow('enough')
  await expect(findPrimary(access, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
  await expect(observeCluster(access, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
    'enough',
  )
})

/** A server that passes everything on to another address. */
async function forward(from: string, to: string, port: number): Promise<Server> {
  const server = createServer((client) => {
    const target = connect(port, to)
    client.on('error', () => target.destroy())
    target.on('error', () => client.destroy())
    client.pipe(target).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(port, from, resolve))
  return server
}
