import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { eventually } from '@pgherd/testbed/herd.ts'
import { identify } from '../hosts/local/process-identity.ts'
import { besideAnother } from './decide.ts'
import { FencedCluster, type Name } from './fenced-cluster.testkit.ts'

const ttl = 8
const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))

/** Looks at both servers over and over; tells when both accepted writes at once. */
class Witness {
  readonly seen: string[] = []
  bothWrote = false
  #watching = true
  readonly #done: Promise<void>

  constructor(cluster: FencedCluster) {
    this.#done = (async () => {
      while (this.#watching) {
        const both = await Promise.all([cluster.canWrite('pg1'), cluster.canWrite('pg2')])
        this.seen.push(both.join())
        // asked again one after the other: the two answers above need not be of one moment
        if (both[0] && both[1] && (await cluster.canWrite('pg1'))) this.bothWrote = true
        await pause(0.05)
      }
    })()
  }

  async end(): Promise<void> {
    this.#watching = false
    await this.#done
  }
}

const stopped = async (cluster: FencedCluster, name: Name) =>
  eventually(
    `PostgreSQL of ${name} is stopped`,
    () => cluster.serverPids(name).length === 0 || undefined,
    2 * ttl,
  )
const writes = async (cluster: FencedCluster, name: Name) =>
  eventually(
    `${name} accepts writes`,
    async () => ((await cluster.canWrite(name)) === true ? true : undefined),
    5 * ttl,
  )
const actionOf = async (cluster: FencedCluster, name: Name) => (await cluster.status(name))?.lastAction

test('kill -9 of Patroni: PostgreSQL is stopped before another one is primary', async () => {
  await using cluster = await FencedCluster.start()
  const witness = new Witness(cluster)
  process.kill(cluster.patroniPid('pg1') ?? 0, 'SIGKILL')
  await stopped(cluster, 'pg1')
  // the other one still waits for the lease
  expect(await cluster.canWrite('pg2')).toBe(false)
  await writes(cluster, 'pg2')
  await witness.end()
  expect(witness.bothWrote).toBe(false)
  expect(witness.seen).toContain('true,false')
  expect(await eventually('the action is told', () => actionOf(cluster, 'pg1'))).toMatchObject({
    do: 'stop-server',
    left: [],
  })
  expect(await actionOf(cluster, 'pg2')).toBeUndefined()
})

test('a frozen Patroni, and a frozen PostgreSQL: both are ended before another one is primary', async () => {
  await using cluster = await FencedCluster.start()
  const witness = new Witness(cluster)
  const patroni = cluster.patroniPid('pg1') ?? 0
  process.kill(patroni, 'SIGSTOP')
  for (const pid of cluster.serverPids('pg1')) process.kill(pid, 'SIGSTOP')
  await stopped(cluster, 'pg1')
  expect(await cluster.canWrite('pg2')).toBe(false)
  await eventually('the frozen Patroni is gone', () => identify(patroni) === undefined || undefined)
  await writes(cluster, 'pg2')
  // what the supervisor does: it comes back as a standby
  cluster.startPatroni('pg1')
  await eventually(
    'pg1 is a standby',
    async () => ((await cluster.canWrite('pg1')) === false ? true : undefined),
    60,
  )
  await witness.end()
  expect(witness.bothWrote).toBe(false)
})

test('a ttl lowered by hand: PostgreSQL is stopped before the shorter lease ends', async () => {
  await using cluster = await FencedCluster.start()
  expect(await cluster.patchConfig('pg1', { ttl: 6 })).toBe(200)
  await eventually(
    'the fence was told',
    async () => (await cluster.status('pg1'))?.state.ttl === 6 || undefined,
    15,
  )
  expect(cluster.fenceLog('pg1')).toContain('the ttl was changed by hand')
  await pause(ttl)
  // with the shorter lease a healthy one is left alone
  expect(await actionOf(cluster, 'pg1')).toBeUndefined()
  const witness = new Witness(cluster)
  const began = performance.now()
  process.kill(cluster.patroniPid('pg1') ?? 0, 'SIGSTOP')
  await stopped(cluster, 'pg1')
  // ttl - loop_wait - margin, and the stop itself
  expect((performance.now() - began) / 1000).toBeLessThan(6 - 1 - 1 + 1)
  await writes(cluster, 'pg2')
  await witness.end()
  expect(witness.bothWrote).toBe(false)
})

test('a Patroni that starts beside its primary does not leave it without the synchronous standby that may be promoted', async () => {
  await using cluster = await FencedCluster.start()
  expect(await cluster.patchConfig('pg1', { synchronous_mode: true })).toBe(200)
  // the server waits for whom etcd names, or etcd names nobody
  const agreed = async () =>
    (await cluster.setting('pg1', 'synchronous_standby_names'))?.includes('pg2') === true &&
    (await cluster.synchronous()).includes('"pg2"')
  await eventually('the standby is synchronous', async () => (await agreed()) || undefined, 30)
  for (let round = 0; round < 2; round++) {
    const before = cluster.postmaster('pg1')
    process.kill(cluster.patroniPid('pg1') ?? 0, 'SIGKILL')
    cluster.startPatroni('pg1')
    let unsafe = 0
    for (const until = performance.now() + ttl * 1000; performance.now() < until; await pause(0.1)) {
      const named = (await cluster.synchronous()).includes('"pg2"')
      if (named && (await cluster.setting('pg1', 'synchronous_standby_names')) === '') unsafe++
    }
    await eventually('the standby is synchronous again', async () => (await agreed()) || undefined, 20)
    expect(unsafe).toBeLessThanOrEqual(1)
    expect(cluster.postmaster('pg1')).toBe(before)
  }
  expect(cluster.fenceLog('pg1')).toContain('it has to name its standbys again')
})

test('a Patroni that takes its primary for gone, since the clock was set, leaves no second primary for long', async () => {
  await using cluster = await FencedCluster.start()
  // a server has to run for a while before its role is certain
  await pause(15)
  cluster.setStartBack('pg1', 3600)
  process.kill(cluster.patroniPid('pg1') ?? 0, 'SIGKILL')
  cluster.startPatroni('pg1')
  await pause(4)
  // when it ends it gives the lock away, and stops no server, for it knows of none
  const deluded = cluster.patroniPid('pg1') ?? 0
  process.kill(deluded, 'SIGTERM')
  await eventually('it has ended', () => identify(deluded) === undefined || undefined)
  cluster.startPatroni('pg1')
  await writes(cluster, 'pg2')
  let both = 0
  await eventually(
    'the fence has stopped the server of pg1',
    async () => {
      const can = await Promise.all([cluster.canWrite('pg1'), cluster.canWrite('pg2')])
      if (can.every(Boolean)) both++
      return can[0] === undefined || undefined
    },
    30,
  )
  expect(await eventually('the action is told', () => actionOf(cluster, 'pg1'))).toMatchObject({
    do: 'stop-server',
    why: expect.stringContaining('pg2 has held the leader lock') as string,
  })
  // the supervisor starts the Patroni that the fence has ended
  cluster.startPatroni('pg1')
  await eventually(
    'pg1 is a standby',
    async () => ((await cluster.canWrite('pg1')) === false ? true : undefined),
    60,
  )
  // looked at ten times a second
  expect(both / 10).toBeLessThan(besideAnother + 3)
  expect(await cluster.canWrite('pg2')).toBe(true)
})

test('a standby that its Patroni no longer knows, since the clock was set, is stopped and comes back as one it knows', async () => {
  await using cluster = await FencedCluster.start()
  const before = cluster.postmaster('pg2')
  cluster.setStartBack('pg2', 3600)
  process.kill(cluster.patroniPid('pg2') ?? 0, 'SIGKILL')
  cluster.startPatroni('pg2')
  expect(await eventually('the action is told', () => actionOf(cluster, 'pg2'), 60)).toMatchObject({
    do: 'stop-server',
    why: expect.stringContaining('has not known its own server') as string,
  })
  // the fence ends Patroni with the server; the supervisor starts it
  cluster.startPatroni('pg2')
  await eventually(
    'pg2 is a standby again',
    async () => ((await cluster.canWrite('pg2')) === false ? true : undefined),
    60,
  )
  expect(cluster.postmaster('pg2')).not.toBe(before)
  expect(await cluster.canWrite('pg1')).toBe(true)
})

test('all of etcd gone in failsafe mode: nobody is fenced and writes go on; without it the server is no primary for long', async () => {
  await using cluster = await FencedCluster.start({ failsafe: true })
  await eventually('the members are known to each other', async () => {
    await pause(3)
    return true
  })
  await cluster.killEtcd()
  for (const until = performance.now() + 2.5 * ttl * 1000; performance.now() < until; await pause(0.5))
    expect(await cluster.canWrite('pg1')).toBe(true)
  expect(await actionOf(cluster, 'pg1')).toBeUndefined()
  cluster.startEtcd()
  await pause(ttl)
  expect(await cluster.canWrite('pg1')).toBe(true)
  expect(await actionOf(cluster, 'pg1')).toBeUndefined()
})

test('a fence that dies and comes back leaves a healthy server alone, also after it was given a broken file or stood still', async () => {
  await using cluster = await FencedCluster.start()
  const before = cluster.postmaster('pg1')
  await cluster.killFence('pg1')
  cluster.startFence('pg1')
  await pause(ttl)
  await cluster.killFence('pg1')
  await pause(5)
  cluster.startFence('pg1')
  await eventually('it watches again', () =>
    cluster.fenceLog('pg1').match(/is watching/g)?.length === 3 ? true : undefined,
  )
  const file = `${cluster.paths('pg1').config}/fence.json`
  const contents = readFileSync(file, 'utf8')
  for (const [text, said] of [
    ['{', 'keeps the file it had'],
    [contents, 'has read its file again'],
  ] as const) {
    writeFileSync(file, text)
    process.kill(cluster.fencePid('pg1'), 'SIGHUP')
    await eventually(said, () => cluster.fenceLog('pg1').includes(said) || undefined)
  }
  await pause(ttl)
  process.kill(cluster.fencePid('pg1'), 'SIGSTOP')
  await pause(1.5 * ttl)
  process.kill(cluster.fencePid('pg1'), 'SIGCONT')
  await eventually('it has noticed', () => cluster.fenceLog('pg1').includes('stood still') || undefined)
  await pause(ttl)
  expect(cluster.postmaster('pg1')).toBe(before)
  expect(await cluster.canWrite('pg1')).toBe(true)
  expect(await actionOf(cluster, 'pg1')).toBeUndefined()
})

test('paused automation: a primary without etcd is left alone; a frozen Patroni of a standby is killed, its server is not', async () => {
  await using cluster = await FencedCluster.start()
  const standby = cluster.patroniPid('pg2') ?? 0
  const server = cluster.serverPids('pg2')[0]
  process.kill(standby, 'SIGSTOP')
  expect(await cluster.patchConfig('pg1', { pause: true })).toBe(200)
  await eventually('the pause has arrived', async () => (await cluster.status('pg1'))?.state.pausedAt)
  await cluster.killEtcd()
  await eventually('the frozen Patroni is gone', () => identify(standby) === undefined || undefined, 4 * ttl)
  expect(cluster.serverPids('pg2')[0]).toBe(server)
  expect(await cluster.canWrite('pg2')).toBe(false)
  expect(await eventually('it is told', () => actionOf(cluster, 'pg2'))).toMatchObject({
    do: 'restart-patroni',
  })
  expect(await cluster.canWrite('pg1')).toBe(true)
  expect(await actionOf(cluster, 'pg1')).toBeUndefined()
})
