import { describe, expect, test } from 'vitest'
import { decideOrRefuse } from '../../plan/decide.ts'
import type { Observed } from '../../plan/observed.ts'
import type { Plan } from '../../plan/plan.ts'
import { inputOf, settled, shopSpec, shopState, untouched, wantedOf } from '../../plan/settled.testkit.ts'
import { placeOf, planLines, shortened } from './plan-lines.ts'
import { showPlan, showSettings } from './plan.ts'
import { screen } from './screen.testkit.ts'

const wanted = wantedOf()
const subject = { spec: { name: 'shop' }, state: shopState }
const first = decideOrRefuse(wanted, untouched)
const fine = settled(wanted)

function shown(plan: Plan, width = 100): string {
  const { output, text } = screen(width)
  showPlan(plan, output, subject)
  return text()
}

describe('a first plan', () => {
  test('fits a screen and reads by itself', () => {
    const text = shown(first)
    expect(text.split('\n').length).toBeLessThan(45)
    for (const line of [
      '  + make 11 directories',
      '  + generate 5 secrets: role-shop, role-reader, role-watcher, agent-token, backup-key',
      '  + write 4 files: config/postgresql.conf, config/pg_hba.conf, config/pg_ident.conf,',
      '  Roles',
      '  Database "shop"',
      '    + create database "shop"',
      '    + create 2 schemas: "pgherd", "orders"',
      '    + grant and revoke privileges: 12 changes',
      '  + start postgres',
      '  + start agent',
    ]) {
      expect(text.split('\n')).toContain(line)
    }
    expect(text).not.toContain('it does not exist')
    expect(text).not.toContain('the spec declares it')
    expect(text).toContain("pgherd's own processes log in with it")
    expect(text).toMatch(/\d\d steps \(\+ create, ~ change\)\. Users notice nothing\.\n$/)
  })

  test.each([60, 80, 100, 160])('is no wider than %i columns', (width) => {
    const { output, widest } = screen(width)
    showPlan(first, output, subject)
    expect(widest()).toBeLessThanOrEqual(width)
  })

  test('leaves no step out', () => {
    const sections = planLines(first.steps, shopState)
    const steps = sections.flatMap(({ lines }) => lines.flatMap((line) => line.steps))
    expect(steps.map(({ id }) => id).sort()).toEqual(first.steps.map(({ id }) => id).sort())
    expect(sections.map(({ heading }) => heading)).toEqual([
      undefined,
      'Roles',
      'Database "template1"',
      'Database "postgres"',
      'Database "shop"',
    ])
  })
})

test('a later plan says of each change what users notice, why, and how to keep what was found', () => {
  const server = { ...fine.server, autoConf: { work_mem: '33MB' } }
  const found: Observed = { ...fine, server }
  expect(shown(decideOrRefuse(wantedOf(`${shopSpec}postgres: { connections: 90 }\n`), found)))
    .toBe(`Plan for shop in ${placeOf(shopState)}
  ~ write config/postgresql.conf [restart]
      the spec or the machine changed: max_connections 76 -> 106, effective_cache_size 4247MB ->
      4226MB, work_mem 14MB -> 10MB
  ~ write config/agent.json
      the spec or the machine changed
  ! reset work_mem, set to 33MB by ALTER SYSTEM [reload]
      ALTER SYSTEM overrides the settings of the spec
      pgherd up takes it back; to keep it, set postgres.settings.work_mem to "33MB" in the spec
      (pgherd up --adopt does)
  ~ restart postgres [restart]
      config/postgresql.conf changed
  ~ restart agent
      config/agent.json changed

5 steps (~ change, ! revert a change made by hand). Users notice: a restart, open connections are
closed.
`)
})

test('nothing to do, and nothing that can be seen', () => {
  expect(shown(decideOrRefuse(wanted, fine))).toBe('Nothing to do: everything is as declared.\n')
  const silent = shown(decideOrRefuse(wanted, { ...fine, server: { state: 'unreachable', why: 'frozen' } }))
  expect(silent).toContain('Nothing to do that can be seen.')
  expect(silent).toContain('POSTGRES_UNREACHABLE')
})

test('a single step is one step', () => {
  const unsupervised = {
    ...fine,
    units: fine.units.map((unit) => ({ ...unit, supervised: unit.name !== 'agent' })),
  }
  expect(shown(decideOrRefuse(wanted, unsupervised))).toContain('1 step (* repair). Users notice nothing.')
})

test('what the server holds stays inside its line', () => {
  const server = { ...fine.server, autoConf: { application_name: 'x\n\u001b[2J  + all is well' } }
  const plan = decideOrRefuse(wanted, { ...fine, server })
  const { output, text } = screen()
  showPlan(plan, output, subject)
  expect(text()).not.toMatch(/^ {2}\+ all is well/m)
  expect(text()).toContain('set to x\\u{a}\\u{1b}[2J  + all is well by ALTER SYSTEM')
})

test('paths are seen from the state directory, and it from where the user is', () => {
  expect(shortened(`write ${shopState}/config/a and ${shopState}/b`, shopState, '/srv/shop')).toBe(
    'write config/a and b',
  )
  expect(shortened(`make directory ${shopState}`, shopState, '/srv/shop')).toBe('make directory .pgherd/shop')
  expect(placeOf('/srv/shop', '/srv/shop')).toBe('.')
  expect(placeOf('/srv/shop', '/srv/other')).toBe('../shop')
  expect(placeOf('/srv/shop', '/home/user/deep/down')).toBe('/srv/shop')
})

test.each([80, 120])('every setting with its reason, within %i columns', (width) => {
  const { output, text, widest } = screen(width)
  const { settings } = inputOf()
  showSettings(settings, output)
  expect(widest()).toBeLessThanOrEqual(width)
  for (const { name, value } of settings) expect(text()).toContain(`${name} = ${value}`)
})
