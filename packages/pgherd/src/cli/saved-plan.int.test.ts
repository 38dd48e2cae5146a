import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { decideOrRefuse } from '../plan/decide.ts'
import type { Plan } from '../plan/plan.ts'
import { machineOf, settled, shopSpec, untouched, wantedOf } from '../plan/settled.testkit.ts'
import { readSavedPlan, refuseWhenStale, savePlan } from './saved-plan.ts'

const origin = { spec: { name: 'shop' }, state: '/srv/shop/.pgherd/shop' }
const plan = decideOrRefuse(wantedOf(), untouched)

let directory: string
let file: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'plan-'))
  file = join(directory, 'saved.plan')
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const code = (wanted: string) =>
  expect.objectContaining({ diagnostics: [expect.objectContaining({ code: wanted })] }) as Error

test('a plan comes back as it was saved, and fits what is still the same', () => {
  savePlan(file, plan, origin)
  const saved = readSavedPlan(file, origin)
  expect(saved).toEqual(JSON.parse(JSON.stringify(plan)))
  expect(() => refuseWhenStale(saved, decideOrRefuse(wantedOf(), untouched), file)).not.toThrow()
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('free disk space, which changes by itself, makes no plan stale', () => {
  savePlan(file, plan, origin)
  const volume = { totalBytes: 100 * 2 ** 30, freeBytes: 79 * 2 ** 30 }
  const later = decideOrRefuse(
    wantedOf(shopSpec, machineOf({ volumes: { data: volume, repository: volume } })),
    untouched,
  )
  expect(JSON.stringify(later)).not.toBe(JSON.stringify(plan))
  expect(() => refuseWhenStale(readSavedPlan(file, origin), later, file)).not.toThrow()
})

test.each<[string, () => Plan]>([
  ['another spec', () => decideOrRefuse(wantedOf(shopSpec.replace('readonly', 'readwrite')), untouched)],
  [
    'another setting',
    () => decideOrRefuse(wantedOf(`${shopSpec}postgres: { settings: { work_mem: 9MB } }\n`), untouched),
  ],
  [
    'another machine',
    () => decideOrRefuse(wantedOf(shopSpec, machineOf({ memoryBytes: 2 ** 34 })), untouched),
  ],
  ['something done meanwhile', () => decideOrRefuse(wantedOf(), { ...untouched, secrets: ['role-shop'] })],
  ['everything done meanwhile', () => decideOrRefuse(wantedOf(), settled(wantedOf()))],
])('%s makes it stale', (_why, fresh) => {
  savePlan(file, plan, origin)
  expect(() => refuseWhenStale(readSavedPlan(file, origin), fresh(), file)).toThrow(code('PLAN_STALE'))
})

test('a tampered plan is stale: what is carried out is what was decided', () => {
  savePlan(file, plan, origin)
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('CREATE ROLE', 'CREATE /* evil */ ROLE'))
  expect(() => refuseWhenStale(readSavedPlan(file, origin), plan, file)).toThrow(code('PLAN_STALE'))
})

test.each([
  '',
  'null',
  '5',
  '[]',
  '{}',
  '{"format":1}',
  '{"format":1,"plan":null}',
  '{"format":2,"plan":{"steps":[]}}',
  '{"format":1,"plan":{"steps":{}}}',
  'not json',
])('%j is no plan', (text) => {
  writeFileSync(file, text)
  expect(() => readSavedPlan(file, origin)).toThrow(code('PLAN_UNREADABLE'))
})

test('a plan of another database, or no file at all, is refused', () => {
  savePlan(file, plan, { ...origin, spec: { name: 'other' } })
  expect(() => readSavedPlan(file, origin)).toThrow(/plan of the database "other"/)
  savePlan(file, plan, { ...origin, state: '/elsewhere' })
  expect(() => readSavedPlan(file, origin)).toThrow(/in \/elsewhere/)
  expect(() => readSavedPlan(join(directory, 'none'), origin)).toThrow(code('PLAN_UNREADABLE'))
  expect(() => savePlan(join(directory, 'no', 'where'), plan, origin)).toThrow(code('PLAN_UNREADABLE'))
})
