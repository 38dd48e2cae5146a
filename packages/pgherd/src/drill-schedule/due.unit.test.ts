import { expect, test } from 'vitest'
import type { Attempt } from './attempt.ts'
import { lookAtSchedule } from './due.ts'
import { emptyState, trimmed, type ScheduleState } from './schedule-state.ts'

const schedule = { switchover: '0 4 * * *', restore: '0 4 * * *' }
const at = (time: string) => new Date(`2026-01-${time}`)
const iso = (time: string) => at(time).toISOString()

/** The state after looks at these moments, one after the other. */
function looks(times: readonly string[], from: ScheduleState = emptyState, of = schedule): ScheduleState {
  return times.reduce<ScheduleState>((state, time) => lookAtSchedule(of, state, at(time)), from)
}
const shortly = ({ attempts }: ScheduleState) => attempts.map(({ drill, dueAt }) => [drill, dueAt])

test('nothing is due before its time, and what lies before the first look is nobody’s to do', () => {
  const state = looks(['10T05:00:00', '11T03:59:59'])
  expect(state.queue).toEqual([])
  expect(state.attempts).toEqual([])
  expect(state.handled['restore']).toEqual({
    cron: '0 4 * * *',
    since: iso('10T05:00:00'),
    until: iso('10T05:00:00'),
  })
})

test('a look at which nothing has changed gives the same state, so that nothing is written', () => {
  const state = looks(['10T05:00:00'])
  expect(lookAtSchedule(schedule, state, at('10T05:00:01'))).toBe(state)
})

test('on the second both are due, in turn, and a second look makes nothing of it', () => {
  const state = looks(['10T05:00:00', '11T04:00:00', '11T04:00:01', '11T04:00:59', '11T04:01:30'])
  expect(state.queue).toEqual([
    { drill: 'switchover', dueAt: iso('11T04:00:00') },
    { drill: 'restore', dueAt: iso('11T04:00:00') },
  ])
  expect(state.attempts).toEqual([])
})

test('what was missed is told and not made up for, once for a week of nights', () => {
  const state = looks(['03T05:00:00', '10T12:00:00'])
  expect(state.queue).toEqual([])
  expect(shortly(state)).toEqual([
    ['switchover', iso('10T04:00:00')],
    ['restore', iso('10T04:00:00')],
  ])
  expect(state.attempts[0]).toMatchObject({ outcome: 'skipped', startedAt: null })
  expect(state.attempts[0]?.reason).toContain('480 min later it is not made up for')
})

test('two minutes are no delay that matters, three are', () => {
  expect(looks(['10T05:00:00', '11T04:01:59']).queue).toHaveLength(2)
  expect(looks(['10T05:00:00', '11T04:03:00']).queue).toHaveLength(0)
})

test('a clock set back over a minute that ran brings no second run, and the day after is like any other', () => {
  const ran = (drill: string): Attempt => ({
    drill,
    dueAt: iso('11T04:00:00'),
    startedAt: iso('11T04:00:00'),
    endedAt: iso('11T04:01:00'),
    outcome: 'ran',
    result: 'x',
    code: null,
    reason: null,
  })
  const before = looks(['10T05:00:00', '11T04:00:00'])
  const done = { ...before, queue: [], attempts: Object.keys(schedule).map(ran) }
  const again = looks(['11T03:30:00', '11T04:00:00'], done)
  expect(again.queue).toEqual([])
  expect(again.attempts.slice(2).map(({ reason }) => reason)).toEqual([
    'this time was dealt with already, before the clock was set back',
    'this time was dealt with already, before the clock was set back',
  ])
  expect(looks(['12T04:00:00'], again).queue).toHaveLength(2)
})

test('a clock that was a year ahead stalls nothing', () => {
  const ahead = lookAtSchedule(schedule, emptyState, new Date('2027-01-10T05:00:00'))
  expect(looks(['10T05:00:00', '11T04:00:00'], ahead).queue).toHaveLength(2)
})

test('a run that has not ended leaves no room for the next of the same drill', () => {
  const often = { switchover: '*/5 * * * *' }
  const running = { drill: 'switchover', dueAt: iso('10T05:00:00'), startedAt: '', process: null }
  const state = looks(['10T05:00:30', '10T05:05:00'], { ...emptyState, running }, often as never)
  expect(state.queue).toEqual([])
  expect(state.attempts[0]?.reason).toBe('the run before it has not ended yet')
  const queued = looks(['10T05:00:30', '10T05:05:00', '10T05:10:00'], emptyState, often as never)
  expect(queued.queue).toEqual([{ drill: 'switchover', dueAt: iso('10T05:05:00') }])
  expect(queued.attempts).toHaveLength(1)
})

test('a changed schedule counts anew, and what it names no more is not run', () => {
  const state = looks(['10T05:00:00', '11T04:00:00'])
  const later = lookAtSchedule({ switchover: '0 6 * * *', restore: '0 4 * * *' }, state, at('11T04:00:10'))
  expect(later.queue.map(({ drill }) => drill)).toEqual(['restore'])
  expect(later.handled['switchover']?.since).toBe(iso('11T04:00:10'))
  const none = lookAtSchedule({}, later, at('11T04:00:20'))
  expect(none).toMatchObject({ queue: [], handled: {} })
})

test('the newest 200 attempts are kept', () => {
  const attempts = Array.from({ length: 203 }, (_, index) => ({ dueAt: String(index) }) as Attempt)
  const kept = trimmed({ ...emptyState, attempts }).attempts
  expect([kept.length, kept[0]?.dueAt]).toEqual([200, '3'])
})
