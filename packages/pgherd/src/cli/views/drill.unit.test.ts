import { expect, test } from 'vitest'
import type { Attempt } from '../../drill-schedule/attempt.ts'
import type { DrillResult } from '../../operations/drill/drill-result.ts'
import { specSchema } from '../../spec/schema.ts'
import { nextDrills } from '../next-drills.ts'
import { drillPicture } from './drill-picture.ts'
import { showDrillRuns } from './drill.ts'
import { showNextDrills } from './next-drills.ts'
import { screen } from './screen.testkit.ts'

const events = [
  { seconds: 0.01, what: 'fault made' },
  { seconds: 8.2, what: 'pg2 leads' },
  { seconds: 15, what: 'every member is back' },
]

test('the picture shows where the gap was and what happened around it', () => {
  const gaps = { write: { from: 0, to: 9, seconds: 9 }, read: { from: 4, to: 4.1, seconds: 0.1 } }
  expect(drillPicture({ gaps, events }, 48)).toMatchInlineSnapshot(`
    "  writes  ████··················████████████████
      reads   ██████████████████████████████████████
                  a               b             c
        a    0.0 s  fault made
        b    8.2 s  pg2 leads
        c     15 s  every member is back"
  `)
})

test('events at the same moment stand beside each other, and no line is wider than asked', () => {
  const gaps = { write: { from: 0, to: 0.1, seconds: 0.1 }, read: { from: 0, to: 0.1, seconds: 0.1 } }
  const many = Array.from({ length: 6 }, (_, index) => ({ seconds: 0, what: `event ${index}` }))
  const lines = drillPicture({ gaps, events: many }, 60).split('\n')
  expect(lines[2]?.trim()).toBe('abcdef')
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(60)
})

test('the history has the runs, and what was due by schedule and did not run', () => {
  const result = {
    id: '20260110T040001Z-switchover',
    drill: 'switchover',
    startedAt: '2026-01-10T04:00:01.000Z',
    objectivesMet: true,
    writeGapSeconds: 1.2,
    lostAcknowledgedWrites: 0,
    acknowledgedWrites: 300,
  } as DrillResult
  const byHand = {
    ...result,
    id: '20260109T110000Z-switchover',
    startedAt: '2026-01-09T11:00:00.000Z',
    objectivesMet: false,
  }
  const attempt: Attempt = {
    drill: 'switchover',
    dueAt: '2026-01-10T04:00:00.000Z',
    startedAt: '2026-01-10T04:00:00.100Z',
    endedAt: '2026-01-10T04:00:40.000Z',
    outcome: 'ran',
    result: result.id,
    code: null,
    reason: null,
  }
  const refused: Attempt = {
    ...attempt,
    startedAt: '2026-01-09T04:00:00.100Z',
    outcome: 'refused',
    result: null,
    code: 'DRILL_UNHEALTHY',
    reason: 'pg2 does not stream',
  }
  const { output, text } = screen()
  showDrillRuns([byHand, result], [refused, attempt], output)
  expect(text()).toBe(`  2026-01-09 04:00:00Z  switchover  refused  pg2 does not stream
  2026-01-09 11:00:00Z  switchover  MISSED   write gap 1.2 s, lost 0 of 300
  2026-01-10 04:00:01Z  switchover  met      write gap 1.2 s, lost 0 of 300, by schedule
`)
})

test('a plan shows when scheduled drills are due, the next one first', () => {
  const schedule = { switchover: '30 3 1 * *', restore: '0 3 * * SUN' }
  const now = new Date('2026-01-10T12:00:00')
  const next = nextDrills(specSchema.parse({ name: 'a', drills: { schedule } }), now)
  expect(next.map(({ drill }) => drill)).toEqual(['restore', 'switchover'])
  expect(next[0]).toEqual({
    drill: 'restore',
    schedule: '0 3 * * SUN',
    next: new Date('2026-01-11T03:00:00').toISOString(),
  })
  const { output, text } = screen()
  showNextDrills(next, now, output)
  expect(text()).toMatch(
    /^\nDrills by schedule\n {2}restore +next 2026-01-1\d .* \(in 15 h\) +0 3 \* \* SUN\n/,
  )
  const nothing = screen()
  showNextDrills([], now, nothing.output)
  expect(nothing.text()).toBe('')
})
