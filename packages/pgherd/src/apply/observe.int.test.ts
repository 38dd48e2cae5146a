import { describe, expect, test } from 'vitest'
import { decideOrRefuse } from '../plan/decide.ts'
import { appliedOf, shopState } from '../plan/settled.testkit.ts'
import { applyPlan } from './apply.ts'
import { readApplied, writeApplied } from './applied-state.ts'
import { Journal } from './journal.ts'
import { planOf, testMember, type TestMember } from './member.testkit.ts'
import { observe } from './observe.ts'

const data = `${shopState}/data`
const look = ({ wanted, tools, member }: TestMember) => observe(wanted, tools.observer, member)

/** `ls` and `od` of a data directory with these entries. */
const holding =
  (names: readonly string[] | undefined, systemId = '7000000000000000001\n') =>
  (argv: readonly string[]) =>
    argv[0] === 'ls'
      ? { code: names ? 0 : 2, stdout: (names ?? []).map((name) => `${name}\n`).join(''), stderr: '' }
      : { code: 0, stdout: ` ${systemId}`, stderr: '' }

test('an untouched machine', async () => {
  using member = testMember()
  expect(await look(member)).toEqual({
    directories: {},
    secrets: [],
    certificate: { state: 'missing' },
    data: { state: 'missing' },
    files: {},
    units: [],
    portsTaken: [],
    server: { state: 'stopped' },
    owed: {},
    blocked: [],
  })
})

test('what a plan made is found again', async () => {
  using member = testMember({ exec: holding([]) })
  const first = await look(member)
  const plan = decideOrRefuse(member.wanted, first)
  const early = plan.steps.filter(({ action }) =>
    ['make-directory', 'provide-secret', 'issue-certificate', 'write-file'].includes(action.do),
  )
  await applyPlan(
    { ...plan, steps: early },
    {
      tools: member.tools,
      journalDirectory: member.journalDirectory,
      signal: new AbortController().signal,
      now: () => new Date(),
    },
  )
  const second = decideOrRefuse(member.wanted, await look(member))
  expect(second.steps.map(({ id }) => id).filter((id) => !id.startsWith('object:'))).toEqual([
    'data-directory',
    'unit:postgres',
    'unit:agent',
  ])
  expect(second.observed).not.toBe(plan.observed)
})

describe('the data directory', () => {
  const found = async (names: readonly string[] | undefined, version?: string, systemId?: string) => {
    using member = testMember({ exec: holding(names, systemId) })
    await member.host.makeDirectory(data, 0o700, 'run-as')
    if (version !== undefined) member.host.put(`${data}/PG_VERSION`, version)
    return (await look(member)).data
  }
  test('is empty, a cluster, or something else', async () => {
    expect(await found([])).toEqual({ state: 'empty' })
    expect(await found(['PG_VERSION', 'global'], '18\n')).toEqual({
      state: 'cluster',
      major: 18,
      systemId: '7000000000000000001',
    })
    expect(await found(['holiday.jpg'])).toEqual({ state: 'foreign', holds: ['holiday.jpg'] })
  })
  test('half a cluster is none', async () => {
    expect(await found(['PG_VERSION'], '18\n')).toMatchObject({ state: 'foreign' })
    expect(await found(['base', 'global'])).toMatchObject({ state: 'foreign' })
    expect(await found(['PG_VERSION', 'global'], '\0\0')).toMatchObject({ state: 'foreign' })
    expect(await found(['PG_VERSION', 'global'], '')).toMatchObject({ state: 'foreign' })
  })
  test('one that cannot be looked into is not taken for missing', async () => {
    expect(await found(undefined)).toMatchObject({ state: 'foreign' })
    using member = testMember()
    member.host.put(data, 'a file')
    expect((await look(member)).data).toMatchObject({ state: 'foreign' })
  })
  test('a control file nobody can read is the one of no database', async () => {
    expect(await found(['PG_VERSION', 'global'], '18\n', '\n')).toMatchObject({ systemId: 'unreadable' })
  })
})

test('ports are looked at while their unit does not run', async () => {
  using member = testMember({ query: () => undefined })
  member.portsTaken.add(5432).add(5210)
  expect((await look(member)).portsTaken).toEqual([5432, 5210])
  const [postgres] = member.wanted.units
  if (!postgres) throw new Error('no unit')
  await member.host.startUnit(postgres)
  expect((await look(member)).portsTaken).toEqual([5210])
})

test('a server that runs and does not answer is an observation, with the reason', async () => {
  using member = testMember()
  for (const unit of member.wanted.units) await member.host.startUnit(unit)
  expect((await look(member)).server).toMatchObject({
    state: 'unreachable',
    why: expect.stringContaining('postgres') as string,
  })
})

test('what an interrupted run owed is seen until it is done', async () => {
  using member = testMember({ query: () => undefined })
  const [postgres] = member.wanted.units
  if (!postgres) throw new Error('no unit')
  await member.host.startUnit(postgres)
  const plan = planOf({ do: 'reload-unit', unit: postgres })
  Journal.begin(member.journalDirectory, plan, new Date())?.close()
  expect((await look(member)).owed).toEqual({ postgres: 'reload' })
  await applyPlan(plan, {
    tools: member.tools,
    journalDirectory: member.journalDirectory,
    signal: new AbortController().signal,
    now: () => new Date(),
  })
  expect((await look(member)).owed).toEqual({})
})

describe('the record of the last up', () => {
  test('comes back as it was written', async () => {
    using member = testMember()
    expect(await readApplied(member.host, shopState)).toBeUndefined()
    await writeApplied(member.host, shopState, appliedOf(member.wanted))
    expect(await readApplied(member.host, shopState)).toEqual(appliedOf(member.wanted))
    expect(await member.host.stat(`${shopState}/applied.json`)).toMatchObject({ mode: 0o600 })
  })
  test.each([
    '',
    '{',
    'null',
    '[]',
    '{"systemId":"1"}',
    '{"systemId":"1","files":{},"objects":{}}',
    '{"at":"x","systemId":7,"files":{},"objects":{"roles":[],"databases":[],"functions":[]}}',
  ])('damaged to %j stops everything: a lost database would look like a new one', async (text) => {
    using member = testMember()
    member.host.put(`${shopState}/applied.json`, text)
    await expect(look(member)).rejects.toMatchObject({
      diagnostics: [{ code: 'APPLIED_UNREADABLE', at: { member: 'pg1' } }],
    })
  })
})
