import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Plan, Step } from '../plan/plan.ts'
import { Journal } from './journal.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'journal-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const unit = { name: 'postgres' }
function planOf(...steps: { id: string; do?: string; unit?: object }[]): Plan {
  return {
    observed: 'digest',
    findings: [],
    partial: false,
    steps: steps.map(({ id, do: what = 'make-directory', unit: of }) => ({
      id,
      title: `do ${id}`,
      action: { do: what, path: '/x', ...(of ? { unit: of } : {}) },
    })) as unknown as readonly Step[],
  }
}

const at = (minute: number) => new Date(Date.UTC(2026, 10, 21, 10, minute))
const current = () => join(directory, 'current.jsonl')
function begin(plan: Plan, minute = 0): Journal {
  const journal = Journal.begin(directory, plan, at(minute))
  if (!journal) throw new Error('the directory is there')
  return journal
}

test('a run that ends leaves its record and nothing interrupted', () => {
  const journal = begin(planOf({ id: 'a' }))
  journal.done('a', at(1))
  journal.finish()
  expect(Journal.interrupted(directory)).toBeUndefined()
  const [name, ...others] = readdirSync(directory)
  expect(others).toEqual([])
  const lines = readFileSync(join(directory, name ?? ''), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
  expect(lines).toEqual([
    {
      at: at(0).toISOString(),
      observed: 'digest',
      steps: [{ id: 'a', title: 'do a', do: 'make-directory' }],
    },
    { done: 'a', at: at(1).toISOString() },
  ])
  expect(statSync(join(directory, name ?? '')).mode & 0o777).toBe(0o600)
})

test('a run that is cut off says how far it came and what it owes', () => {
  const plan = planOf(
    { id: 'a' },
    { id: 'unit:postgres', do: 'reload-unit', unit },
    { id: 'unit:agent', do: 'restart-unit', unit: { name: 'agent' } },
  )
  const journal = begin(plan)
  journal.done('a', at(1))
  expect(Journal.interrupted(directory)).toEqual({
    at: at(0).toISOString(),
    steps: 3,
    done: 1,
    lastStep: 'a',
    owed: { postgres: 'reload', agent: 'restart' },
  })
  journal.done('unit:postgres', at(2))
  journal.failed('unit:agent', ['UNIT_NOT_STARTED'], at(3))
  journal.close()
  expect(Journal.interrupted(directory)).toMatchObject({ done: 2, lastStep: 'unit:postgres' })
  expect(Journal.interrupted(directory)?.owed).toEqual({ agent: 'restart' })
})

test('the next run keeps the record of the one that was cut off', () => {
  begin(planOf({ id: 'a' })).close()
  const next = begin(planOf({ id: 'b' }), 5)
  expect(Journal.interrupted(directory)).toMatchObject({ at: at(5).toISOString() })
  next.finish()
  expect(readdirSync(directory)).toHaveLength(2)
  expect(
    readdirSync(directory)
      .map((name) => readFileSync(join(directory, name), 'utf8'))
      .join(),
  ).toMatch(/do a[^]*do b/)
})

test('what is left of an interrupted run is filed when there is nothing more to do', () => {
  begin(planOf({ id: 'a' })).close()
  Journal.settle(directory)
  expect(Journal.interrupted(directory)).toBeUndefined()
  expect(readdirSync(directory)).toHaveLength(1)
  Journal.settle(directory)
  Journal.settle(join(directory, 'none'))
})

describe('a journal torn by a crash', () => {
  test('without the end of its last line counts what is whole', () => {
    const journal = begin(planOf({ id: 'a' }, { id: 'b' }))
    journal.done('a', at(1))
    journal.done('b', at(2))
    journal.close()
    truncateSync(current(), statSync(current()).size - 5)
    expect(Journal.interrupted(directory)).toMatchObject({ done: 1, lastStep: 'a' })
  })

  test.each([
    '',
    'null\n5\n"text"\n',
    '{"at":"x"}\n',
    '{"at":1,"steps":[]}\n',
    '{"steps":[1,null]}\n',
    '{"at":"2026-11-21T',
    '\0\0\0\0',
  ])('holding %j is no run', (text) => {
    writeFileSync(current(), text)
    expect(Journal.interrupted(directory)).toBeUndefined()
    // and the next run begins all the same
    begin(planOf({ id: 'a' })).finish()
    expect(existsSync(current())).toBe(false)
  })

  test('with lines nobody wrote, between the others', () => {
    const journal = begin(planOf({ id: 'a' }))
    appendFileSync(current(), 'null\n[]\n{"done":7}\n')
    journal.done('a', at(1))
    expect(Journal.interrupted(directory)).toMatchObject({ done: 1 })
    journal.close()
  })
})

test('fifty runs are kept, the newest, and nothing else is removed', () => {
  writeFileSync(join(directory, 'note.txt'), '')
  for (let minute = 0; minute < 53; minute++) begin(planOf({ id: 'a' }), minute).finish()
  const names = readdirSync(directory).sort()
  expect(names).toContain('note.txt')
  expect(names.filter((name) => name.endsWith('.jsonl'))).toHaveLength(50)
  expect(names[0]).toBe('2026-11-21T100300.000Z.jsonl')
})

test('there is no journal before its directory is made', () => {
  expect(Journal.begin(join(directory, 'not-yet'), planOf({ id: 'a' }), at(0))).toBeUndefined()
})

test('a journal that cannot be written is a finding with the path', () => {
  mkdirSync(join(directory, 'next.jsonl'))
  expect(() => begin(planOf({ id: 'a' }))).toThrow(
    expect.objectContaining({
      name: 'DiagnosticError',
      message: expect.stringContaining(directory) as string,
    }),
  )
  chmodSync(directory, 0o700)
})
