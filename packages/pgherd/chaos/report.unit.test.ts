import { expect, test } from 'vitest'
import { joinReports } from './join-reports.ts'
import { exitCodeOf, lineOf, reportOf, tableOf } from './report.ts'
import type { ChaosRun } from './run-scenarios.ts'

const failed: ChaosRun = { number: 1, scenario: 'kill-postgres', outcome: 'failed', error: 'boom' }
const sound = (number: number, lost = 0): ChaosRun => ({
  number,
  scenario: 'kill-member',
  outcome: 'sound',
  result: {
    writeGapSeconds: 5,
    acknowledgedWrites: 100,
    lostAcknowledgedWrites: lost,
    duplicatePrimaries: 0,
    clientErrors: 1,
    fullRedundancySeconds: 3,
    history: { consistent: lost === 0, duplicated: 0, invented: 0, revived: 0 },
    findings: [],
  } as unknown as NonNullable<ChaosRun['result']>,
  ...(lost > 0 ? { lostWithinBound: lost } : {}),
})
const about = (from: number, faults: number) => ({
  seed: 7,
  scenarios: ['kill-member', 'kill-postgres'],
  from,
  faults,
  startedAt: `2026-11-24T0${from}:00:00Z`,
})

test('a report adds up, and says what failed and what was not made', () => {
  const report = reportOf([failed, sound(2), sound(3, 40)], about(1, 5))
  expect(report).toMatchObject({
    failed: 1,
    sound: 2,
    missing: [4, 5],
    acknowledgedWrites: 200,
    lostAcknowledgedWrites: 0,
    lostWithinBound: 40,
    consistentHistories: 1,
    writeGapSeconds: { 'kill-member': [5, 5] },
  })
  expect(lineOf(failed)).toContain('boom')
  expect(lineOf(sound(3, 40))).toContain('lost 40 (within the bound of async)')
  expect(tableOf(report)).toContain('faults 1 to 5 of seed 7: 2 sound')
  expect(tableOf(report)).toContain('2 not made')
})

test('only what was made and judged sound is covered', () => {
  expect(exitCodeOf(reportOf([sound(1), sound(2)], about(1, 2)))).toBe(0)
  expect(exitCodeOf(reportOf([sound(1)], about(1, 2)))).toBe(1)
  expect(exitCodeOf(reportOf([], about(1, 0)))).toBe(1)
  for (const outcome of ['refused', 'failed', 'broken'] as const)
    expect(exitCodeOf(reportOf([sound(1), { ...failed, number: 2, outcome }], about(1, 2)))).toBe(1)
})

test('sittings are joined in their order, and what lies between them is missing', () => {
  const first = reportOf([sound(1), sound(2)], about(1, 3))
  const second = reportOf([sound(3), sound(4)], about(3, 2))
  const joined = joinReports([second, first])
  expect(joined).toMatchObject({
    from: 1,
    faults: 4,
    sound: 4,
    missing: [],
    startedAt: about(1, 0).startedAt,
  })
  expect(joined.runs.map(({ number }) => number)).toEqual([1, 2, 3, 4])
  expect(exitCodeOf(joined)).toBe(0)
  expect(joinReports([first, reportOf([sound(5)], about(5, 1))]).missing).toEqual([3, 4])
})

test('what is no part of one sequence is not joined', () => {
  const one = reportOf([sound(1)], about(1, 1))
  expect(() => joinReports([])).toThrow('no report')
  expect(() => joinReports([one, one])).toThrow('fault 1 (kill-member) is in two reports')
  expect(() => joinReports([one, { ...one, seed: 8 }])).toThrow('two sequences')
  expect(() => joinReports([one, { ...one, from: 2, scenarios: [] }])).toThrow('other scenarios')
})
