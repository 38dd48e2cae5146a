import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@pgherd/testbed/herd.ts'
import { ThrowawayServer } from '@pgherd/testbed/throwaway-server.ts'
import { expect, test } from 'vitest'
import { findInvoker } from '../../hosts/local/accounts.ts'
import { createLocalHost } from '../../hosts/local/local-host.ts'
import { Ledger } from '../../ledger/ledger-file.ts'
import type { ClusterView } from '../../plan/cluster-view.ts'
import { parseSpecValue } from '../../spec/parse.ts'
import { homeOf, layOut } from '../../topology/topology.ts'
import { readResults } from './drill-history.ts'
import { aimAtLeader, unnoticed, type Drill } from './drill.ts'
import { killPostgres } from './drills/kill-postgres.ts'
import { freezePrimary } from './drills/freeze-primary.ts'
import { healLeftover } from './heal-leftover.ts'
import { readHealRecord, writeHealRecord } from './heal-record.ts'
import { runDrill } from './run-drill.ts'
import type { DrillWorld } from './world.ts'

const bounds = { lease: 5, killPostgres: 20, memberLoss: 20, switchover: 5 }
const patience = { warmUp: 1, steady: 1, recovery: 20, redundancy: 30 }

/** A world of one real server: its leader is itself while it answers. */
async function oneServer() {
  const server = await ThrowawayServer.start({
    major: 15,
    hba: ['local all all trust', 'host all all all scram-sha-256'],
  })
  const state = mkdtempSync(join(tmpdir(), 'drill-'))
  const parsed = parseSpecValue(
    {
      name: 'test',
      databases: { app: { owner: 'app' } },
      roles: { app: { access: 'owner' } },
      postgres: { port: server.port },
      topology: { durability: 'async' },
    },
    'pgherd.yaml',
  )
  if (!parsed.ok) throw new Error(JSON.stringify(parsed))
  const { spec } = parsed
  const topology = layOut(spec, { state, sockets: server.sockets })
  const member = homeOf(topology)
  const host = createLocalHost({ member, spec, runAs: findInvoker(), invoker: findInvoker() })
  const abort = new AbortController()
  const made: string[] = []
  const endpoint = () => server.config()
  const world: DrillWorld = {
    topology,
    sites: [
      {
        member,
        host,
        wanted: { units: [] },
        faults: {
          async kill() {
            made.push('kill')
            await server.halt('SIGQUIT')
            await server.launch()
          },
          freeze() {
            made.push('freeze')
            process.kill(server.pid, 'SIGSTOP')
            return Promise.resolve()
          },
          thaw() {
            made.push('thaw')
            process.kill(server.pid, 'SIGCONT')
            return Promise.resolve()
          },
          isolate: () => Promise.reject(new Error('one server has nobody to be cut off from')),
          rejoin: () => Promise.resolve(),
          killEverything: () => Promise.reject(new Error('the test has one server')),
          allowStart: () => Promise.resolve(),
        },
      },
    ],
    async observe(): Promise<ClusterView> {
      const up = await server.query('SELECT 1').then(
        () => true,
        () => false,
      )
      const role = up ? 'primary' : 'unreachable'
      return {
        ...(up ? { leader: 'pg1' } : {}),
        members: [{ name: 'pg1', role, state: 'running', sync: 'none', pendingRestart: false }],
        etcd: { members: [], quorum: true },
        paused: false,
        failsafeActive: false,
        synchronous: [],
        pools: [],
        routes: [],
      }
    },
    endpoints: { write: endpoint, read: endpoint, member: () => endpoint },
    probeRole: 'postgres',
    database: 'postgres',
    signal: abort.signal,
    report: () => undefined,
    now: () => new Date(),
  }
  return {
    server,
    world,
    abort,
    made,
    aim: { member: 'pg1', details: {} },
    tables: async () =>
      (await server.query("SELECT 1 FROM pg_namespace WHERE nspname = 'pgherd_probe'")).rowCount,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      rmSync(state, { recursive: true, force: true })
    },
  }
}

test('a killed server is measured, judged and kept, and nothing stays behind', async () => {
  await using one = await oneServer()
  const result = await runDrill(killPostgres, one.world, one.aim, bounds, patience)
  expect(result).toMatchObject({
    drill: 'kill-postgres',
    lostAcknowledgedWrites: 0,
    duplicatePrimaries: 0,
    objectivesMet: true,
    findings: [],
  })
  expect(result.clientErrors).toBeGreaterThan(0)
  expect(result.writeGapSeconds).toBeGreaterThan(0.05)
  expect(result.fullRedundancySeconds).not.toBeNull()
  expect(result.events.map(({ what }) => what)).toEqual(
    expect.arrayContaining(['fault made', 'fault undone', 'every member is back']),
  )
  const acknowledged = Ledger.read(result.ledger).filter(({ outcome }) => outcome === 'acknowledged')
  expect(acknowledged).toHaveLength(result.acknowledgedWrites)
  expect(readResults(one.world.topology)).toEqual([result])
  expect(readHealRecord(one.world.topology)).toBeUndefined()
  expect(await one.tables()).toBe(0)
})

test('writes that vanish and a check that fails are findings', async () => {
  await using one = await oneServer()
  const thief: Drill = {
    ...killPostgres,
    inject: async () => void (await one.server.query("DELETE FROM pgherd_probe.write WHERE id LIKE '1-%'")),
    checkDuring: () => Promise.resolve([{ name: 'the sky', ok: false, detail: 'it fell' }]),
    expectation: () => unnoticed,
  }
  const result = await runDrill(thief, one.world, one.aim, bounds, patience)
  expect(result.findings.map(({ code }) => code)).toEqual(['DRILL_WRITES_LOST', 'DRILL_CHECK_FAILED'])
  expect(result.lostAcknowledgedWrites).toBeGreaterThan(0)
  expect(result.objectivesMet).toBe(false)
})

test('Ctrl-C in the middle undoes the fault first', async () => {
  await using one = await oneServer()
  const never: Drill = { ...freezePrimary, consequence: () => false }
  const running = runDrill(never, one.world, one.aim, bounds, patience)
  running.catch(() => undefined)
  await eventually('the fault', () => one.made.includes('freeze') || undefined)
  expect(readHealRecord(one.world.topology)).toMatchObject({ drill: 'freeze-primary', aim: one.aim })
  one.abort.abort(new Error('interrupted'))
  await expect(running).rejects.toThrow('interrupted')
  expect(one.made).toEqual(['freeze', 'thaw'])
  expect(readHealRecord(one.world.topology)).toBeUndefined()
  expect(await one.tables()).toBe(0)
})

test('a fault that cannot be made is undone and said', async () => {
  await using one = await oneServer()
  const clumsy: Drill = { ...freezePrimary, inject: () => Promise.reject(new Error('missed')) }
  await expect(runDrill(clumsy, one.world, one.aim, bounds, patience)).rejects.toThrow('missed')
  expect(one.made).toEqual(['thaw'])
  expect(readHealRecord(one.world.topology)).toBeUndefined()
})

test('a service that does not come back in time ends the fault and is a finding', async () => {
  await using one = await oneServer()
  const forever: Drill = {
    ...freezePrimary,
    aim: (_, view) => Promise.resolve(aimAtLeader(view)),
    consequence: () => false,
  }
  const result = await runDrill(
    forever,
    one.world,
    one.aim,
    { ...bounds, memberLoss: 1 },
    { ...patience, recovery: 1 },
  )
  expect(result.findings.map(({ code }) => code)).toContain('DRILL_NOT_RECOVERED')
  expect(result.objectivesMet).toBe(false)
  expect(result.lostAcknowledgedWrites).toBe(0)
})

test('what a killed run left is undone by the next one who asks', async () => {
  await using one = await oneServer()
  expect(await healLeftover(one.world)).toBeUndefined()
  const since = new Date().toISOString()
  writeHealRecord(one.world.topology, { drill: 'freeze-primary', id: 'x', aim: one.aim, pid: 1, since })
  expect(await healLeftover(one.world)).toMatchObject({ drill: 'freeze-primary' })
  expect(one.made).toEqual(['thaw'])
  expect(existsSync(join(homeOf(one.world.topology).paths.drills, 'under-way.json'))).toBe(false)
})
