import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '@pgherd/testbed/herd.ts'
import { systemClock } from '../agent/clock.ts'
import { ClusterKeeper, type KeeperParts } from '../agent/cluster-keeper.ts'
import { quietLog } from '../agent/testing/quiet-log.testkit.ts'
import { observeCluster } from '../cluster/observe-cluster.ts'
import { observeGateway } from '../cluster/observe-gateway.ts'
import { PoolerAdmin } from '../cluster/pooler-admin.ts'
import { pingRedis } from '../cluster/redis-ping.ts'
import { LiveCluster } from './live-cluster.testkit.ts'
import { WriteLoad } from './write-load.testkit.ts'
import { planFailover, runFailover } from './failover/run-failover.ts'
import { readPositions } from './failover/positions.ts'
import type { ClusterView } from '../plan/cluster-view.ts'
import { longestHold } from '../components/failover-timing.ts'
import { ensureCertificates } from '../pki/ensure.ts'
import { runPause } from './pause/run-pause.ts'
import { readPauseRecord } from './pause/pause-record.ts'
import { healingPolicy } from './rejoin/decide.ts'
import { readTroubles } from './rejoin/heal-members.ts'
import { runReload } from './reload/run-reload.ts'
import { runRestart } from './restart/run-restart.ts'
import { rotatePassword } from './rotate/rotate-password.ts'
import { renewDue } from './rotate/renew-due.ts'
import { rotateCertificates } from './rotate/rotate-certificates.ts'
import { runSwitchover } from './switchover/run-switchover.ts'

let cluster: LiveCluster
beforeAll(async () => {
  cluster = await LiveCluster.start()
}, 120_000)
afterAll(() => cluster[Symbol.asyncDispose]())

/** As the agent has it, with clocks and patience of the test. */
function keeperOf(parts: Partial<KeeperParts> = {}): ClusterKeeper {
  return new ClusterKeeper({
    access: cluster.access,
    clock: systemClock,
    log: quietLog(),
    view: () => null,
    askPrimary: () => Promise.resolve([]),
    atWork: () => undefined,
    ...parts,
  })
}

const restartOptions = () => ({
  ...cluster.operation(),
  handOver: (to: string | undefined) =>
    runSwitchover({ ...cluster.operation(), request: to === undefined ? {} : { to } }),
})

test('what clients come in by is seen to serve them, and not to when it hangs', async () => {
  const look = async () => observeGateway(cluster.access, await observeCluster(cluster.access))
  expect(await look()).toEqual({ pooler: 'ok', router: 'ok', redis: 'ok' })
  cluster.signal('gateway', 'redis', 'SIGSTOP')
  expect(await look()).toMatchObject({ redis: { reason: 'no answer within 2 s' } })
  cluster.signal('gateway', 'redis', 'SIGCONT')
  const stranger = { ...cluster.access, readSecret: () => Promise.resolve('wrong') }
  expect(await pingRedis(stranger)).toMatch(/^it said: WRONGPASS/)
})

test('every certificate is replaced and seen to be served, without an error for a client', async () => {
  await using load = new WriteLoad(() => cluster.connect(), { perSecond: 50 })
  await load.more(20)
  load.measureFromNow()
  const { rotated } = await rotateCertificates(cluster.operation())
  expect(rotated.map(({ member }) => member).toSorted()).toEqual(['gateway', 'pg1', 'pg2', 'pg3'])
  expect(rotated.at(-1)).toMatchObject({ member: 'gateway', servedBy: ['PgBouncer', 'HAProxy', 'Redis'] })
  expect(rotated[0]?.servedBy).toEqual(['PostgreSQL', 'Patroni', 'etcd', 'etcd among its members'])
  expect(new Set(rotated.map(({ serial }) => serial)).size).toBe(4)
  await load.more(20)
  const { errors, longestGapMs } = await load.stop()
  expect(errors).toEqual([])
  // a login stuck with the router's old process would be held as long as in the worst failover
  expect(longestGapMs).toBeLessThan(longestHold('fast', '3.0.2') * 500)
  await cluster.settled()
}, 90_000)

test('the agent renews what is due and takes up what is not served, and touches nothing else', async () => {
  const due = { ...cluster.operation(), renewBeforeSeconds: 30 * 86_400 }
  expect(await renewDue(due)).toEqual({ renewed: [], takenUp: [], postponed: [] })
  const [standby = ''] = (await observeCluster(cluster.access)).synchronous
  const issue = (member: string, lifetimeSeconds: number) =>
    ensureCertificates({
      ...cluster.site(member).wanted.certificate,
      lifetimeSeconds,
      renewBeforeSeconds: Number.MAX_SAFE_INTEGER,
      runAs: cluster.site(member).facts.runAs,
      now: new Date(),
    })
  // near its end; and lying there unread, as after a renewal that was cut off
  await issue(standby, 86_400)
  await issue('gateway', 60 * 86_400)
  expect(await renewDue(due)).toEqual({ renewed: [standby], takenUp: ['gateway'], postponed: [] })
  expect(await renewDue(due)).toEqual({ renewed: [], takenUp: [], postponed: [] })
  await cluster.settled()
}, 60_000)

test('passwords of applications and of our own programs are replaced without an error for a client', async () => {
  await using load = new WriteLoad(() => cluster.connect(), { perSecond: 50 })
  await load.more(20)
  for (const role of ['app', 'pgherd_pooler', 'pgherd_replication'])
    for (const before of [await cluster.access.readSecret(`role-${role}`)]) {
      const { told } = await rotatePassword({ ...cluster.operation(), spec: cluster.topology.spec, role })
      expect(told).toEqual(
        { app: [], pgherd_pooler: ['gateway'], pgherd_replication: ['pg1', 'pg2', 'pg3'] }[role],
      )
      expect(await cluster.access.readSecret(`role-${role}`)).not.toBe(before)
      await load.more(20)
    }
  // new sessions of everybody: of a client, of the pooler, and of a standby that starts anew
  await using admin = await PoolerAdmin.connect(cluster.access)
  await admin.reconnect()
  const client = await cluster.connect()
  expect((await client.query('SELECT 1')).rowCount).toBe(1)
  await client.end()
  const { leader } = await observeCluster(cluster.access)
  const member = ['pg1', 'pg2', 'pg3'].find((name) => name !== leader) ?? ''
  await runRestart({ ...restartOptions(), request: { member, rolling: false, pendingOnly: false } })
  await load.more(20)
  expect((await load.stop()).errors).toEqual([])
}, 90_000)

test('everybody reads its configuration again', async () => {
  const { reloaded, pendingRestart } = await runReload(cluster.operation())
  expect(reloaded).toEqual(['pg1', 'pg2', 'pg3'])
  expect(pendingRestart).toEqual([])
}, 60_000)

test('a rolling restart leaves every member restarted and no client with an error', async () => {
  const started = async () =>
    Promise.all(
      cluster.sites
        .filter(({ member }) => member.kind === 'server')
        .map(({ host }) =>
          host.probe({
            kind: 'sql',
            database: 'postgres',
            text: 'SELECT pg_postmaster_start_time()::text AS at',
            parse: ([row]) => String(row?.['at']),
          }),
        ),
    )
  const before = await started()
  const former = (await observeCluster(cluster.access)).leader
  await using load = new WriteLoad(() => cluster.connect(), { perSecond: 50 })
  await load.more(20)
  const { restarted, leader } = await runRestart({
    ...restartOptions(),
    request: { rolling: true, pendingOnly: false },
  })
  expect(restarted).toHaveLength(3)
  expect(restarted.at(-1)).toBe(former)
  expect(leader).not.toBe(former)
  expect((await load.stop()).errors).toEqual([])
  for (const [index, at] of (await started()).entries()) expect(at).not.toBe(before[index])
  await cluster.settled()
}, 120_000)

test('the primary alone is restarted in its place while clients wait', async () => {
  const leader = (await observeCluster(cluster.access)).leader ?? ''
  await using load = new WriteLoad(() => cluster.connect(), { perSecond: 50 })
  await load.more(20)
  const result = await runRestart({
    ...restartOptions(),
    request: { member: leader, rolling: false, pendingOnly: false },
  })
  expect(result).toMatchObject({ restarted: [leader], leader })
  await load.more(20)
  expect((await load.stop()).errors).toEqual([])
  await cluster.settled()
}, 90_000)

test('a pause of automation ends by itself, or by hand', async () => {
  const { until = '' } = await runPause({ ...cluster.operation(), forSeconds: 600 })
  expect((await observeCluster(cluster.access)).paused).toBe(true)
  expect(readPauseRecord(cluster.topology)?.until).toBe(until)
  await expect(runSwitchover({ ...cluster.operation(), request: {} })).rejects.toMatchObject({
    diagnostics: expect.arrayContaining([expect.objectContaining({ code: 'AUTOMATION_PAUSED' })]) as unknown,
  })
  let now = new Date()
  const keeper = keeperOf({ clock: { now: () => now, monotonic: () => performance.now() } })
  await keeper.round()
  expect((await observeCluster(cluster.access)).paused).toBe(true)
  now = new Date(Date.parse(until))
  await keeper.round()
  expect((await observeCluster(cluster.access)).paused).toBe(false)
  expect(readPauseRecord(cluster.topology)).toBeUndefined()
  expect(keeper.findings.map(({ code }) => code)).toEqual(['AUTOMATION_RESUMED'])
  await runPause({ ...cluster.operation(), forSeconds: 600 })
  await runPause(cluster.operation())
  expect((await observeCluster(cluster.access)).paused).toBe(false)
}, 90_000)

test('a failover by force compares positions and ends with another primary', async () => {
  const view = await observeCluster(cluster.access)
  const positions = await readPositions(cluster.sites)
  expect([...positions.keys()].toSorted()).toEqual(['pg1', 'pg2', 'pg3'])
  expect(new Set([...positions.values()].map(({ timeline }) => timeline)).size).toBe(1)
  const [to = ''] = view.synchronous
  const request = { to, allowDataLoss: false }
  expect(await planFailover({ ...cluster.operation(), request })).toMatchObject({
    grave: true,
    from: view.leader,
  })
  expect(await runFailover({ ...cluster.operation(), request })).toMatchObject({ to, risks: [] })
  await cluster.settled()
}, 90_000)

test('a member whose data is broken is told of, or cloned anew by the agent, and forgotten once it streams', async () => {
  const { leader, members } = await observeCluster(cluster.access)
  const broken = members.find(({ name }) => name !== leader)?.name ?? ''
  await cluster.breakData(broken)
  let view: ClusterView | null = null
  const look = async () => (view = await observeCluster(cluster.access))
  await eventually('it does not stream', async () =>
    (await look()).members.some(({ name, state }) => name === broken && state !== 'streaming')
      ? true
      : undefined,
  )
  const patient = { ...healingPolicy, patienceSeconds: 2 }
  const helpless = keeperOf({ view: () => view, policy: { ...patient, mostAttempts: 0 } })
  await eventually('it is told of', async () => {
    await look()
    await helpless.round()
    return (
      helpless.findings.some(({ code, at }) => code === 'MEMBER_STUCK' && at.member === broken) || undefined
    )
  })
  const log = quietLog()
  const busy = keeperOf({ view: () => view, policy: patient, log, atWork: () => 'pgherd scale' })
  await look()
  await busy.round()
  expect(log.messages).toEqual([])
  const keeper = keeperOf({ view: () => view, policy: patient, log })
  await eventually(
    'it streams again',
    async () => {
      await look()
      await keeper.round()
      const forgotten = Object.keys(readTroubles(cluster.topology)).length === 0
      return (
        (forgotten && log.messages.some((text) => text.includes(`${broken} is cloned anew`))) || undefined
      )
    },
    60,
  )
  expect(keeper.findings).toEqual([])
  await cluster.settled()
}, 90_000)
