import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readApplied } from '../apply/applied-state.ts'
import { Journal } from '../apply/journal.ts'
import { planOf, testMember, type TestMember } from '../apply/member.testkit.ts'
import { freshObjects } from '../components/postgres/objects/fresh.ts'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Plan } from '../plan/plan.ts'
import { settledObjects, shopState } from '../plan/settled.testkit.ts'
import { scramVerifier } from '../secrets/scram.ts'
import { bringUp, type UpOptions } from './up.ts'

const data = `${shopState}/data`

/** A member whose server answers as one that does what SQL says; `frozen` makes it silent. */
function member(): TestMember & {
  world: { frozen: boolean; hasObjects: boolean; pendingRestart: string[]; asked: number }
} {
  const world = { frozen: false, hasObjects: false, pendingRestart: [] as string[], asked: 0 }
  const self = testMember({
    query: (database, text) => {
      world.asked++
      if (world.frozen) return undefined
      if (text.includes('pending_restart')) return [{ pending: world.pendingRestart, overriding: null }]
      if (!text.includes('as observed')) {
        world.hasObjects = true
        return []
      }
      const { contents, roles, ...cluster } = world.hasObjects
        ? settledObjects(self.wanted.objects)
        : freshObjects(18)
      const inside = contents.find((each) => each.database === database)?.contents
      const verifiers = roles.map(({ password: _judged, ...role }) => {
        const secret = self.secrets.get(`role-${role.name}`)
        return { ...role, verifier: secret === undefined ? null : scramVerifier(secret, randomBytes(16)) }
      })
      const extensions = self.wanted.extensionsAvailable.map((name) => ({
        name,
        version: '1.0',
        requires: [],
      }))
      const contentsAsked = text.includes("'functions'")
      return [
        { observed: JSON.stringify(contentsAsked ? inside : { ...cluster, roles: verifiers, extensions }) },
      ]
    },
    exec: ([program = '', ...args]) => {
      if (program.endsWith('initdb')) {
        self.host.put(`${data}.initialising/PG_VERSION`, '18\n')
        return { code: 0, stdout: '', stderr: '' }
      }
      return program === 'ls' && args[1] === data
        ? { code: 0, stdout: 'PG_VERSION\nglobal\n', stderr: '' }
        : { code: 0, stdout: ' 7000000000000000001\n', stderr: '' }
    },
  })
  return Object.assign(self, { world })
}

function optionsOf(self: TestMember, more: Partial<UpOptions> = {}): UpOptions & { plans: Plan[] } {
  const plans: Plan[] = []
  return {
    plans,
    sites: [
      {
        wanted: self.wanted,
        member: { ...self.member, paths: { ...self.member.paths, journal: self.journalDirectory } },
        tools: self.tools,
      },
    ],
    signal: new AbortController().signal,
    now: () => new Date(),
    approve: (plan) => Promise.resolve(void plans.push(plan)),
    onStep: () => undefined,
    patienceMs: 400,
    ...more,
  }
}

test('a first up reaches the declared state and records it; a second one changes nothing', async () => {
  using self = member()
  const first = optionsOf(self)
  const { steps, findings } = await bringUp(first)
  expect(findings).toEqual([])
  expect(first.plans).toHaveLength(1)
  expect(steps.length).toBeGreaterThan(40)
  expect(await readApplied(self.host, shopState)).toMatchObject({
    systemId: '7000000000000000001',
    objects: JSON.parse(JSON.stringify(self.wanted.objects)) as object,
  })
  const done = self.host.done.length
  const second = optionsOf(self)
  expect(await bringUp(second)).toEqual({ steps: [], findings: [] })
  expect(second.plans).toEqual([])
  expect(self.host.done).toHaveLength(done)
})

test('a server that is silent is waited for, and what it holds is compared before anything is said to be done', async () => {
  using self = member()
  await bringUp(optionsOf(self))
  self.world.frozen = true
  const up = bringUp(optionsOf(self, { patienceMs: 20_000 }))
  setTimeout(() => (self.world.frozen = false), 100)
  expect((await up).steps).toEqual([])
})

test('one that stays silent ends the run, with the reason; nothing was changed', async () => {
  using self = member()
  await bringUp(optionsOf(self))
  self.world.frozen = true
  const [done, asked] = [self.host.done.length, self.world.asked]
  await expect(bringUp(optionsOf(self))).rejects.toMatchObject({
    diagnostics: [{ code: 'POSTGRES_UNREACHABLE', mend: { kind: 'run' } }],
  })
  expect(self.world.asked).toBeGreaterThan(asked + 1)
  expect(self.host.done).toHaveLength(done)
})

test('Ctrl-C ends the waiting', async () => {
  using self = member()
  await bringUp(optionsOf(self))
  self.world.frozen = true
  const control = new AbortController()
  const reason = new DiagnosticError(
    diagnose('INTERRUPTED', { detail: 'Ctrl-C', mend: mend.advice('again') }),
  )
  const up = bringUp(optionsOf(self, { patienceMs: 60_000, signal: control.signal }))
  control.abort(reason)
  await expect(up).rejects.toBe(reason)
})

test('each round is put to approval, and a refusal stops before its first step', async () => {
  using self = member()
  await bringUp(optionsOf(self))
  self.world.pendingRestart = ['shared_buffers']
  const done = self.host.done.length
  const refused = new Error('no')
  await expect(bringUp(optionsOf(self, { approve: () => Promise.reject(refused) }))).rejects.toBe(refused)
  expect(self.host.done).toHaveLength(done)
})

test('steps that never settle are named, not repeated for ever', async () => {
  using self = member()
  await bringUp(optionsOf(self))
  self.world.pendingRestart = ['shared_buffers']
  const options = optionsOf(self)
  await expect(bringUp(options)).rejects.toMatchObject({
    diagnostics: [
      {
        code: 'PLAN_NOT_REACHED',
        detail: expect.stringContaining('restart postgres (shared_buffers wait for a restart)') as string,
      },
    ],
  })
  expect(options.plans).toHaveLength(6)
})

test('an interrupted run is settled: what it owed is done once, then nobody is told of it again', async () => {
  using self = member()
  await bringUp(optionsOf(self))
  const [postgres] = self.wanted.units
  if (!postgres) throw new Error('no unit')
  Journal.begin(
    self.journalDirectory,
    planOf({ do: 'reload-unit', unit: postgres }),
    new Date('2026-11-21T10:00:00Z'),
  )?.close()
  expect((await bringUp(optionsOf(self))).steps.map(({ title }) => title)).toEqual(['reload postgres'])
  expect(Journal.interrupted(self.journalDirectory)).toBeUndefined()

  Journal.begin(self.journalDirectory, planOf(), new Date('2026-11-21T11:00:00Z'))?.close()
  expect((await bringUp(optionsOf(self))).steps).toEqual([])
  expect(Journal.interrupted(self.journalDirectory)).toBeUndefined()
  expect(readdirSync(self.journalDirectory)).toContain('2026-11-21T110000.000Z.jsonl')
})
