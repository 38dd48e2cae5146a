import { afterAll, beforeAll, expect, test } from 'vitest'
import { BareCluster } from '@pgherd/testbed/bare-cluster.ts'
import { eventually } from '@pgherd/testbed/herd.ts'
import type { ClusterView } from '../plan/cluster-view.ts'
import type { ClusterAccess } from './access.ts'
import { accessTo, codeOf, memberOf } from './bare-access.testkit.ts'
import { EtcdApi } from './etcd-api.ts'
import { observeCluster } from './observe-cluster.ts'
import { observeGateway } from './observe-gateway.ts'
import { PatroniApi } from './patroni-api.ts'
import { PoolerAdmin } from './pooler-admin.ts'
import { routerStats } from './router-stats.ts'
import { allStreaming, leaderKnown, waitForCluster } from './wait-for.ts'

// a part that is down stays down in the tests below, so that in the end nothing is left
let bare: BareCluster
let access: ClusterAccess

beforeAll(async () => {
  bare = await BareCluster.start({ timing: { ttl: 20, loopWait: 2, retryTimeout: 5 } })
  access = accessTo(bare)
  await waitForCluster(access, allStreaming, { deadlineMs: 60_000 })
})

afterAll(() => bare?.[Symbol.asyncDispose]())

/** Two rounds of questions with two seconds each, and as much again for a busy machine. */
const boundMs = 10_000

async function lookInTime(): Promise<ClusterView> {
  const began = performance.now()
  const view = await observeCluster(access)
  expect(performance.now() - began).toBeLessThan(boundMs)
  return view
}

function standbyOf({ members }: ClusterView): string {
  return members.find(({ role }) => role === 'standby')?.name ?? ''
}

test('a dead and a frozen etcd are told apart from those that answer', async () => {
  bare.kill('pg1', 'etcd')
  await bare.ended('pg1', 'etcd')
  const two = await eventually('an etcd of two', async () => {
    const { etcd } = await lookInTime()
    return etcd.quorum ? etcd : undefined
  })
  expect(two.members.map(({ name, healthy }) => [name, healthy])).toEqual([
    ['pg1', false],
    ['pg2', true],
    ['pg3', true],
  ])
  expect(await new EtcdApi(access).members()).toHaveLength(3)
  bare.restart('pg1')
  await eventually('three again', async () =>
    (await lookInTime()).etcd.members.every(({ healthy }) => healthy) ? true : undefined,
  )
  bare.kill('pg1', 'etcd', 'SIGSTOP')
  const frozen = await lookInTime()
  expect(frozen.etcd.members[0]).toEqual({ name: 'pg1', healthy: false, leader: false })
  // the first endpoint takes connections and says nothing; the others are asked
  expect(await new EtcdApi(access).members()).toHaveLength(3)
  bare.kill('pg1', 'etcd', 'SIGCONT')
})

test('a frozen and a dead Patroni of a standby are unreachable, and the rest is as it was', async () => {
  const before = await waitForCluster(access, leaderKnown, { deadlineMs: 30_000 })
  const name = standbyOf(before)
  bare.kill(name, 'patroni', 'SIGSTOP')
  expect(await codeOf(new PatroniApi(access, memberOf(access, name)).status())).toBe('PATRONI_UNREACHABLE')
  const seen = await lookInTime()
  expect(seen.leader).toBe(before.leader)
  expect(seen.members.map((each) => each.role === 'unreachable')).toEqual(
    before.members.map((each) => each.name === name),
  )
  bare.kill(name, 'patroni')
  await bare.ended(name, 'patroni')
  expect((await lookInTime()).members.find((each) => each.name === name)).toMatchObject({
    role: 'unreachable',
  })
  bare.restart(name)
  await waitForCluster(access, allStreaming, { deadlineMs: 60_000 })
})

test('HAProxy and PgBouncer that are frozen or dead leave their parts empty, and are said to be silent', async () => {
  for (const signal of ['SIGSTOP', 'SIGKILL'] as const) {
    bare.killGateway('haproxy', signal)
    bare.killGateway('pgbouncer', signal)
    expect(await codeOf(routerStats(access))).toBe('ROUTER_UNREACHABLE')
    expect(await codeOf(PoolerAdmin.connect(access, { timeoutMs: 1500 }))).toBe('POOLER_UNREACHABLE')
    const view = await lookInTime()
    expect(view).toMatchObject({
      routes: [],
      pools: [],
      silent: {
        pooler: expect.stringContaining('PgBouncer') as string,
        router: expect.stringContaining('HAProxy') as string,
      },
    })
    expect(view.leader).toBeDefined()
    expect(await observeGateway(access, view)).toEqual({
      pooler: { reason: view.silent?.pooler },
      router: { reason: view.silent?.router },
    })
  }
})

test('a pooler that freezes under an administrator does not hold him', async () => {
  bare.restartGateway()
  await eventually('a pooler', () =>
    PoolerAdmin.connect(access)
      .then((admin) => admin[Symbol.asyncDispose]())
      .then(() => true),
  )
  await using admin = await PoolerAdmin.connect(access, { timeoutMs: 500 })
  bare.killGateway('pgbouncer', 'SIGSTOP')
  expect(await codeOf(admin.pools())).toBe('POOLER_REFUSED')
  bare.killGateway('pgbouncer', 'SIGCONT')
})

test('without the whole of a member, and then without all, there is still a view', async () => {
  const { leader = '' } = await lookInTime()
  bare.kill(leader, 'all')
  const seen = await lookInTime()
  expect(seen.members.find(({ name }) => name === leader)).toMatchObject({ role: 'unreachable' })
  for (const { name } of bare.members) bare.kill(name, 'all')
  for (const { name } of bare.members) {
    await bare.ended(name, 'patroni')
    await bare.ended(name, 'etcd')
  }
  const nothing = await lookInTime()
  expect(nothing).not.toHaveProperty('leader')
  expect(nothing).toMatchObject({ etcd: { quorum: false }, synchronous: [] })
  expect(nothing.members.map(({ role }) => role)).toEqual(['unreachable', 'unreachable', 'unreachable'])
})
