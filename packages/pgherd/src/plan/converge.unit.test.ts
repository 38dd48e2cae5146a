import fc from 'fast-check'
import { expect, test } from 'vitest'
import { carriedOut } from './carried-out.testkit.ts'
import { decide } from './decide.ts'
import type { Observed, ObservedServer } from './observed.ts'
import { appliedOf, settled, settledObjects, shopSpec, untouched, wantedOf } from './settled.testkit.ts'

const wanted = wantedOf()
const before = wantedOf(`${shopSpec}postgres: { connections: 20, settings: { work_mem: 5MB } }\n`)
const fine = settled(wanted)
const objects = settledObjects(wanted.objects)
const contentsOf = (path: string) => wanted.files.find((file) => file.path === path)?.contents ?? ''

const some = <T>(values: readonly T[]) => fc.subarray([...values])
const directories = some(wanted.directories).chain((there) =>
  fc
    .tuple(
      ...there.map(({ path }) => fc.constantFrom(0o700, 0o755, 0o777).map((mode) => [path, mode] as const)),
    )
    .map((entries) => Object.fromEntries(entries)),
)
const files = some(wanted.files).chain((there) =>
  fc
    .tuple(
      ...there.map(({ path, digest }) =>
        fc
          .record({
            digest: fc.constantFrom(
              digest,
              'edited',
              before.files.find((file) => file.path === path)?.digest ?? '',
            ),
            mode: fc.constantFrom(0o600, 0o644),
            contents: fc.constantFrom(
              contentsOf(path),
              `${contentsOf(path)}\nmax_connections = 7\nwork_mem = '1MB'\n`,
              '',
            ),
          })
          .map((file) => [path, file] as const),
      ),
    )
    .map((entries) => Object.fromEntries(entries)),
)
const unit = (name: string) =>
  fc.record({
    name: fc.constant(name),
    state: fc.constantFrom(
      'running' as const,
      'starting' as const,
      'stopped' as const,
      'backing-off' as const,
      'failed' as const,
    ),
    supervised: fc.boolean(),
    definition: fc.constantFrom('of before', fine.units.find((each) => each.name === name)?.definition ?? ''),
  })
const server: fc.Arbitrary<ObservedServer> = fc.record({
  state: fc.constant('running' as const),
  pendingRestart: some(['shared_buffers', 'max_connections']),
  overriding: some(['work_mem', 'max_connections']),
  autoConf: some(['work_mem', 'max_connections', 'pgherd.x']).map((names) =>
    Object.fromEntries(names.map((name) => [name, '3'])),
  ),
  objects: fc.record({
    roles: some(objects.roles),
    memberships: some(objects.memberships),
    settings: some(objects.settings),
    databases: fc.constant(objects.databases),
    contents: fc.constant(objects.contents),
  }),
})
const applied = fc.option(fc.constantFrom(appliedOf(wanted), appliedOf(before)), { nil: undefined })

/** Anything that can be found on a machine: half done, edited, run for years; a server runs only where its data is. */
const anything: fc.Arbitrary<Observed> = fc
  .record({
    directories,
    files,
    secrets: some(wanted.secrets.map(({ id }) => id)),
    certificate: fc.constantFrom(
      { state: 'missing' as const },
      { state: 'good' as const },
      { state: 'renew' as const, why: 'it ends soon' },
    ),
    data: fc.constantFrom<Observed['data']>(
      { state: 'missing' },
      { state: 'empty' },
      { state: 'foreign', holds: ['x'] },
      { state: 'cluster', major: 18, systemId: '7000000000000000001' },
      { state: 'cluster', major: 18, systemId: '42' },
      { state: 'cluster', major: 15, systemId: '7000000000000000001' },
    ),
    units: fc.tuple(unit('postgres'), unit('agent')).chain((units) => some(units)),
    owed: fc.constantFrom<Observed['owed']>(
      {},
      { postgres: 'reload' },
      { postgres: 'restart', agent: 'restart' },
    ),
    server,
    applied,
  })
  .map(({ applied: last, server: running, ...found }): Observed => {
    const runs =
      found.data.state === 'cluster' &&
      found.units.some(({ name, state }) => name === 'postgres' && ['running', 'starting'].includes(state))
    const units =
      found.data.state === 'cluster' ? found.units : found.units.filter(({ name }) => name !== 'postgres')
    return {
      ...untouched,
      ...found,
      units,
      server: runs ? running : { state: 'stopped' },
      ...(last ? { applied: last } : {}),
    }
  })

test('from anything that is not refused, three rounds at most lead to a state without steps', () => {
  let refusals = 0
  fc.assert(
    fc.property(anything, (start) => {
      let now = start
      for (let round = 0; round <= 3; round++) {
        const decision = decide(wanted, now)
        if ('refused' in decision) {
          expect(round).toBe(0)
          refusals++
          return
        }
        if (decision.plan.steps.length === 0) return
        now = carriedOut(decision.plan, now, wanted)
      }
      const last = decide(wanted, now)
      expect('plan' in last && last.plan.steps).toEqual([])
    }),
    { numRuns: 300 },
  )
  expect(refusals).toBeGreaterThan(0)
})

test('no plan makes a data directory where there was one or where something else is', () => {
  fc.assert(
    fc.property(anything, (found) => {
      const decision = decide(wanted, found)
      if (!('plan' in decision)) return
      if (!decision.plan.steps.some(({ action }) => action.do === 'initialize-data-directory')) return
      expect(found.applied).toBeUndefined()
      expect(['missing', 'empty']).toContain(found.data.state)
    }),
    { numRuns: 300 },
  )
})

test('no plan holds what is in a secret file, nor names a step twice, nor does anything to users that it does not say', () => {
  const secretive = wantedOf(
    shopSpec.replace('access: readonly', 'access: readonly, password: { file: /run/hunter2 }'),
  )
  fc.assert(
    fc.property(anything, (found) => {
      const decision = decide(secretive, found)
      if (!('plan' in decision)) return
      const { steps } = decision.plan
      expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length)
      const restarts = steps.some(
        ({ action, impact }) =>
          action.do === 'restart-unit' && action.unit.name === 'postgres' && impact === 'restart',
      )
      const announced = steps.some(({ id, impact }) => impact === 'restart' && id !== 'unit:postgres')
      if (announced) expect(restarts).toBe(true)
      for (const { action } of steps) {
        if (action.do === 'run-sql')
          for (const { text } of action.statements) expect(text).not.toMatch(/PASSWORD '(?!\{\{scram:role-)/)
      }
    }),
    { numRuns: 200 },
  )
})
