import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { once } from 'node:events'
import { eventually } from '@pgherd/testbed/herd.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ClusterKeeper } from '../../agent/cluster-keeper.ts'
import { quietLog } from '../../agent/testing/quiet-log.testkit.ts'
import { observeCluster } from '../../cluster/observe-cluster.ts'
import { PoolerAdmin } from '../../cluster/pooler-admin.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import { homeOf } from '../../topology/topology.ts'
import { LiveCluster } from '../live-cluster.testkit.ts'
import { WriteLoad } from '../write-load.testkit.ts'
import { recordPause } from './paused-file.ts'
import { planSwitchover, runSwitchover } from './run-switchover.ts'

let cluster: LiveCluster
beforeAll(async () => {
  cluster = await LiveCluster.start()
}, 120_000)
afterAll(() => cluster[Symbol.asyncDispose]())

const pausedFile = () => join(homeOf(cluster.topology).paths.run, 'pools-paused.json')

async function paused(): Promise<readonly string[]> {
  await using admin = await PoolerAdmin.connect(cluster.access)
  return await admin.pausedDatabases()
}

async function writes(): Promise<void> {
  const client = await cluster.connect()
  await client.query('INSERT INTO written (id) VALUES (gen_random_uuid()::text)')
  await client.end()
}

test('three switchovers under load: no client sees an error and no acknowledged write is lost', async () => {
  await using load = new WriteLoad(() => cluster.connect())
  await load.more(200)
  for (let round = 0; round < 3; round++) {
    const planned = await planSwitchover({ ...cluster.operation(), request: {} })
    // one of them in an hour, and the clock is set forward once it is waited for; only then is anybody kept out
    const at = round === 1 ? new Date(Date.now() + 3_600_000) : undefined
    let come = at === undefined
    const operation = cluster.operation((message) => (come ||= message.startsWith('waiting until')))
    const lock = () => {
      expect(come).toBe(true)
      return { [Symbol.dispose]: () => undefined }
    }
    const now = () => (at && come ? at : new Date())
    const result = await runSwitchover({ ...operation, now, lock, request: at ? { at } : {} })
    expect(result).toMatchObject({ from: planned.from, to: planned.to })
    expect(result.pausedMs).toBeGreaterThan(0)
    const view = await observeCluster(cluster.access)
    expect(view.leader).toBe(result.to)
    expect(load.errors).toEqual([])
    await load.more(100)
    await cluster.settled()
  }
  const { acknowledged, errors } = await load.stop()
  expect(errors).toEqual([])
  const client = await cluster.connect('write')
  const { rows } = await client.query<{ id: string }>('SELECT id FROM written')
  await client.end()
  const found = new Set(rows.map(({ id }) => id))
  expect(acknowledged.filter((id) => !found.has(id))).toEqual([])
  expect(existsSync(pausedFile())).toBe(false)
  expect(await paused()).toEqual([])
}, 120_000)

test('an open transaction calls it off: who is in the way is named, nothing changes, and the transaction survives', async () => {
  const before = (await observeCluster(cluster.access)).leader
  const idle = await cluster.connect()
  await idle.query('BEGIN')
  await idle.query("INSERT INTO written (id) VALUES ('survives')")
  const refused = await runSwitchover({ ...cluster.operation(), request: {}, drainMs: 1500 }).catch(
    (error: unknown) => error,
  )
  if (!(refused instanceof DiagnosticError)) throw new Error('not refused')
  expect(refused.diagnostics.map(({ code }) => code)).toEqual(['SWITCHOVER_NOT_DRAINED'])
  expect(refused.diagnostics[0]?.detail).toMatch(
    /app on app .*idle in transaction, open for [\d.]+ s, pid \d+/,
  )
  expect(await paused()).toEqual([])
  expect(existsSync(pausedFile())).toBe(false)
  await idle.query('COMMIT')
  const { rowCount } = await idle.query("SELECT 1 FROM written WHERE id = 'survives'")
  expect(rowCount).toBe(1)
  await idle.end()
  expect((await observeCluster(cluster.access)).leader).toBe(before)
}, 60_000)

/** Starts an operator that pauses the pools and hangs. */
async function hangingOperator(atMostMs: number) {
  const ids = ['role-pgherd_pooler']
  const secrets = Object.fromEntries(
    await Promise.all(ids.map(async (id) => [id, await cluster.access.readSecret(id)])),
  )
  const child = spawn(process.execPath, [join(import.meta.dirname, 'operator.fixture.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify({ topology: cluster.topology, secrets, atMostMs }))
  await once(child.stdout, 'data')
  expect(existsSync(pausedFile())).toBe(true)
  return child
}

test('an operator killed in the middle leaves nobody waiting', async () => {
  const operator = await hangingOperator(60_000)
  expect(await paused()).toContain('app')
  operator.kill('SIGKILL')
  await writes()
  expect(await paused()).toEqual([])
  await eventually('the record is gone', () => !existsSync(pausedFile()) || undefined)
}, 30_000)

test('an operator that is frozen does not hold clients longer than allowed', async () => {
  const operator = await hangingOperator(2000)
  operator.kill('SIGSTOP')
  await writes()
  expect(await paused()).toEqual([])
  operator.kill('SIGKILL')
}, 30_000)

test('the agent resumes what was forgotten, and leaves alone what somebody paused by hand', async () => {
  await using admin = await PoolerAdmin.connect(cluster.access)
  let now = new Date()
  const keeper = new ClusterKeeper({
    access: cluster.access,
    clock: { now: () => now, monotonic: () => performance.now() },
    log: quietLog(),
    view: () => null,
    askPrimary: () => Promise.resolve([]),
    atWork: () => undefined,
  })
  await admin.pause(5000)
  await keeper.round()
  expect(await paused()).toContain('app')
  recordPause(cluster.topology, 'pgherd switchover', new Date(Date.now() + 60_000))
  // this process lives and has time left
  await keeper.round()
  expect(await paused()).toContain('app')
  now = new Date(Date.now() + 61_000)
  await keeper.round()
  expect(await paused()).toEqual([])
  await keeper.round()
  expect(keeper.findings.map(({ code }) => code)).toEqual(['POOLS_RESUMED'])
}, 30_000)

test('one in time can be cancelled until then, and has changed nothing', async () => {
  const before = (await observeCluster(cluster.access)).leader
  const [stop, said] = [new AbortController(), [] as string[]]
  const request = { at: new Date(Date.now() + 3_600_000) }
  const report = (message: string) => {
    said.push(message)
    stop.abort(new Error('Ctrl-C'))
  }
  await expect(runSwitchover({ ...cluster.operation(report), request, signal: stop.signal })).rejects.toThrow(
    'Ctrl-C',
  )
  expect(said).toEqual([expect.stringMatching(/^waiting until .*Ctrl-C cancels it$/)])
  expect((await observeCluster(cluster.access)).leader).toBe(before)
}, 30_000)
