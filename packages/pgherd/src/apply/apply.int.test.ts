import { mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import { decideOrRefuse } from '../plan/decide.ts'
import type { Step } from '../plan/plan.ts'
import { untouched } from '../plan/settled.testkit.ts'
import { applyPlan, type ApplyOptions } from './apply.ts'
import { Journal } from './journal.ts'
import { planOf, testMember, type TestMember } from './member.testkit.ts'

const initdb = (argv: readonly string[]) => ({ code: 0, stdout: argv.join(' '), stderr: '' })

function optionsOf({ tools, journalDirectory }: TestMember, more: Partial<ApplyOptions> = {}): ApplyOptions {
  return {
    tools,
    journalDirectory,
    signal: new AbortController().signal,
    now: () => new Date('2026-11-21T10:00:00Z'),
    ...more,
  }
}

const directory = (name: string) =>
  ({ do: 'make-directory', path: `/srv/shop/.pgherd/shop/${name}`, mode: 0o700, owner: 'run-as' }) as const

test('a whole first plan is carried out in its order', async () => {
  using test = testMember({ exec: initdb, query: () => [] })
  const plan = decideOrRefuse(test.wanted, untouched)
  const seen: string[] = []
  await applyPlan(plan, optionsOf(test, { onStep: ({ id }, phase) => seen.push(`${phase} ${id}`) }))
  expect(seen).toEqual(plan.steps.flatMap(({ id }) => [`begin ${id}`, `done ${id}`]))
  expect([...test.secrets.keys()].sort()).toEqual([
    'agent-token',
    'backup-key',
    'role-reader',
    'role-shop',
    'role-watcher',
  ])
  expect(test.issued).toEqual(['issue server'])
  const order = [
    'make /srv/shop/.pgherd/shop',
    'move /srv/shop/.pgherd/shop/data.initialising /srv/shop/.pgherd/shop/data',
    'start postgres',
    'start agent',
  ]
  expect(test.host.done.filter((each) => order.includes(each))).toEqual(order)
  expect((await test.host.units()).map(({ name, state }) => [name, state])).toEqual([
    ['postgres', 'running'],
    ['agent', 'running'],
  ])
  expect(Journal.interrupted(test.journalDirectory)).toBeUndefined()
  const [record = ''] = readdirSync(test.journalDirectory)
  expect(readFileSync(join(test.journalDirectory, record), 'utf8').trim().split('\n')).toHaveLength(
    plan.steps.length + 1,
  )
  expect(readFileSync(join(test.journalDirectory, record), 'utf8')).not.toContain('value of ')
})

test('an abort is obeyed between steps: the one at work is finished, none is begun after it', async () => {
  using test = testMember()
  const control = new AbortController()
  const reason = new DiagnosticError(
    diagnose('INTERRUPTED', { detail: 'Ctrl-C', mend: mend.advice('again') }),
  )
  const begun: string[] = []
  const onStep = ({ id }: Step, phase: 'begin' | 'done') => {
    if (phase === 'begin') begun.push(id)
    if (id === 'step-1' && phase === 'begin') control.abort(reason)
  }
  const plan = planOf(directory('a'), directory('b'), directory('c'))
  await expect(applyPlan(plan, optionsOf(test, { signal: control.signal, onStep }))).rejects.toBe(reason)
  expect(begun).toEqual(['step-0', 'step-1'])
  expect(test.host.done).toEqual(['make /srv/shop/.pgherd/shop/a', 'make /srv/shop/.pgherd/shop/b'])
  expect(Journal.interrupted(test.journalDirectory)).toMatchObject({ steps: 3, done: 2, lastStep: 'step-1' })
})

describe('a step that fails', () => {
  test('ends the run: the finding names it and says how to go on, later steps are not begun', async () => {
    using test = testMember()
    test.host.put('/srv/shop/.pgherd/shop/b', 'a file is in the way')
    const broken = {
      ...test.tools,
      secrets: { ...test.tools.secrets, provide: () => Promise.reject(new Error('the kernel said no')) },
    }
    const secret = { do: 'provide-secret', id: 'x', reference: { generated: true }, as: 'password' } as const
    const plan = planOf(directory('a'), secret, directory('c'))
    const failure = await applyPlan(plan, optionsOf({ ...test, tools: broken })).catch(
      (error: unknown) => error,
    )
    expect(failure).toBeInstanceOf(DiagnosticError)
    expect((failure as DiagnosticError).diagnostics).toMatchObject([
      { code: 'STEP_FAILED', mend: { kind: 'run', argv: ['pgherd', 'up'] }, at: { member: 'pg1' } },
    ])
    expect((failure as Error).message).toContain('"provide-secret number 1" failed: the kernel said no')
    expect(test.host.done).toEqual(['make /srv/shop/.pgherd/shop/a'])
    expect(Journal.interrupted(test.journalDirectory)).toMatchObject({ done: 1, lastStep: 'step-0' })
    expect(readFileSync(join(test.journalDirectory, 'current.jsonl'), 'utf8')).toContain(
      '{"failed":"step-1","codes":["STEP_FAILED"]',
    )
  })

  test('with findings of its own keeps them', async () => {
    using test = testMember()
    test.host.put('/srv/shop/.pgherd/shop/b', 'a file is in the way')
    await expect(applyPlan(planOf(directory('b')), optionsOf(test))).rejects.toMatchObject({
      diagnostics: [{ code: 'PATH_IN_THE_WAY' }],
    })
  })

  test('can be healed by the next run', async () => {
    using test = testMember()
    const units = test.wanted.units.slice(0, 1)
    const reload = { do: 'reload-unit', unit: units[0] ?? ({} as never) } as const
    await expect(applyPlan(planOf(directory('a'), reload), optionsOf(test))).rejects.toMatchObject({
      diagnostics: [{ code: 'UNIT_REFUSED' }],
    })
    expect(Journal.interrupted(test.journalDirectory)?.owed).toEqual({ postgres: 'reload' })
    await applyPlan(planOf({ do: 'start-unit', unit: units[0] ?? ({} as never) }), optionsOf(test))
    expect(Journal.interrupted(test.journalDirectory)).toBeUndefined()
  })
})

test('steps before the journal has its directory are in it as soon as there is one', async () => {
  using test = testMember({ journal: false })
  const onStep = ({ id }: Step, phase: 'begin' | 'done') => {
    if (id === 'step-1' && phase === 'begin') mkdirSync(test.journalDirectory)
    if (id === 'step-2' && phase === 'begin')
      expect(Journal.interrupted(test.journalDirectory)).toMatchObject({ steps: 3, done: 2 })
  }
  await applyPlan(planOf(directory('a'), directory('b'), directory('c')), optionsOf(test, { onStep }))
  expect(readdirSync(test.journalDirectory)).toHaveLength(1)
})

test('what a run owes is on disk before its first step', async () => {
  using test = testMember()
  const [unit] = test.wanted.units
  if (!unit) throw new Error('no unit')
  const onStep = () => {
    expect(Journal.interrupted(test.journalDirectory)?.owed).toEqual({ postgres: 'restart' })
    throw new Error('as if killed here')
  }
  await expect(
    applyPlan(planOf(directory('a'), { do: 'restart-unit', unit }), optionsOf(test, { onStep })),
  ).rejects.toThrow('killed')
  expect(test.host.done).toEqual([])
})
