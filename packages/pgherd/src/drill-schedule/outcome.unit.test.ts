import { expect, test } from 'vitest'
import { mayPass, outcomeOf } from './outcome.ts'

const refused = (code: string, detail = 'why') =>
  JSON.stringify({ ok: false, diagnostics: [{ code, detail }] })
const ended = (code: number | null, stdout = '', signal: string | null = null) =>
  outcomeOf({ code, signal, stdout })

test.each([0, 1])('a result with exit code %i is a run, whether its objectives were met or not', (code) => {
  expect(ended(code, JSON.stringify({ id: '20260110T040000Z-restore', objectivesMet: false }))).toEqual({
    outcome: 'ran',
    result: '20260110T040000Z-restore',
    code: null,
    reason: null,
  })
})

test.each([
  [3, refused('DRILL_UNHEALTHY', 'pg2 does not stream'), 'refused', 'DRILL_UNHEALTHY', 'pg2 does not stream'],
  [2, refused('SPEC_INVALID', 'bad'), 'refused', 'SPEC_INVALID', 'bad'],
  [4, refused('DRILL_NOT_RECOVERED', 'nobody leads'), 'failed', 'DRILL_NOT_RECOVERED', 'nobody leads'],
  [4, refused('INTERRUPTED', 'stopped'), 'interrupted', 'INTERRUPTED', 'stopped'],
  [1, 'no JSON', 'failed', null, 'it ended with code 1'],
  [0, '', 'failed', null, 'it ended with code 0'],
  [0, 'null', 'failed', null, 'it ended with code 0'],
] as const)('exit code %i with %j', (code, stdout, outcome, found, reason) => {
  expect(ended(code, stdout)).toEqual({ outcome, result: null, code: found, reason })
})

test('a signal interrupts', () => {
  expect(ended(null, '', 'SIGKILL')).toMatchObject({
    outcome: 'interrupted',
    reason: 'it was ended by SIGKILL',
  })
})

test('only who is in the way for a while is waited for', () => {
  const passes = ['LOCKED', 'DRILL_DURING_BACKUP', 'DRILL_DURING_PROOF', 'DRILL_UNHEALTHY', 'DRILL_NO_PROOF']
  expect(passes.map((code) => mayPass(ended(3, refused(code))))).toEqual([true, true, true, false, false])
  expect(mayPass(ended(4, refused('LOCKED')))).toBe(false)
})
