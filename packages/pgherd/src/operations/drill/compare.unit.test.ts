import { expect, test } from 'vitest'
import { judge } from '../../ledger/judge.ts'
import type { History, WriteRecord } from '../../ledger/history.ts'
import { compare, type Measured } from './drill-result.ts'
import { inWindow } from './drill-window.ts'

const objectives = { writeGap: 30, readGap: 10, lostWrites: 0, redundancy: 120 }
const writes = [1, 2, 3].map((sequence): WriteRecord => ({
  id: `0-${sequence}`,
  writer: 0,
  sequence,
  sent: sequence,
  sentAt: '2026-11-24T00:00:00.000Z',
  ended: sequence,
  outcome: 'acknowledged',
}))
const reads = [1, 2, 3].map((at) => ({ sent: at, ended: at, ok: true }))
const fine: History = { writes, reads, samples: [], found: ['0-1', '0-2', '0-3'], fault: 1, end: 4 }

function codesOf(history: Partial<History>, measured: Partial<Measured> = {}): string[] {
  return compare(
    { schedule: {}, window: undefined, objectives },
    {
      drill: 'kill-postgres',
      verdict: judge({ ...fine, ...history }),
      fullRedundancySeconds: 5,
      expectation: { writeGap: 10, basis: 'computed' },
      checks: [],
      ...measured,
    },
  ).map(({ code }) => code)
}

test('a run within everything has no finding', () => {
  expect(codesOf({})).toEqual([])
})

test('each figure has its own finding', () => {
  expect(codesOf({ found: ['0-1', '0-3'] })).toEqual(['DRILL_WRITES_LOST'])
  expect(codesOf({ found: ['0-1', '0-2', '0-3', 'x'] })).toEqual(['DRILL_HISTORY_WRONG'])
  const readsToo = [...reads, { sent: 15, ended: 15, ok: true }, { sent: 24, ended: 24, ok: true }]
  expect(codesOf({ end: 15, reads: [...reads, { sent: 9, ended: 9, ok: true }] })).toEqual([
    'DRILL_ABOVE_BOUND',
  ])
  expect(codesOf({ end: 15 })).toEqual(['DRILL_OBJECTIVE_MISSED', 'DRILL_ABOVE_BOUND'])
  expect(codesOf({ end: 34, reads: readsToo }, { expectation: { writeGap: 60, basis: '' } })).toEqual([
    'DRILL_OBJECTIVE_MISSED',
    'DRILL_OBJECTIVE_MISSED',
  ])
  expect(codesOf({}, { fullRedundancySeconds: null })).toEqual(['DRILL_OBJECTIVE_MISSED'])
  expect(codesOf({}, { fullRedundancySeconds: 121 })).toEqual(['DRILL_OBJECTIVE_MISSED'])
  expect(codesOf({}, { checks: [{ name: 'a', ok: false, detail: 'b' }] })).toEqual(['DRILL_CHECK_FAILED'])
})

test('a planned change allows no client error', () => {
  const failed: WriteRecord = { ...(writes[0] as WriteRecord), id: '0-9', outcome: 'failed', error: '25006' }
  expect(codesOf({ writes: [...writes, failed] })).toEqual([])
  const expectation = { writeGap: 10, clientErrors: 0, basis: '' }
  expect(codesOf({ writes: [...writes, failed] }, { expectation })).toEqual(['DRILL_OBJECTIVE_MISSED'])
})

test('the window is read minute by minute', () => {
  const sunday = (hour: number) => new Date(2026, 10, 22, hour, 15, 42)
  expect(inWindow('* 2-4 * * SUN', sunday(3))).toBe(true)
  expect(inWindow('* 2-4 * * SUN', sunday(5))).toBe(false)
})
