import { afterEach, expect, test } from 'vitest'
import { newestUntil, nextAfter, readSchedule } from './schedule.ts'

function facts(text: string) {
  const schedule = readSchedule(text)
  if ('fault' in schedule) throw new Error(schedule.fault)
  return { everRuns: schedule.everRuns, gap: schedule.longestGapSeconds() }
}

const zone = process.env['TZ']
afterEach(() => {
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
})

test.each([
  ['30 1 * * *', 86_400],
  ['*/15 * * * *', 900],
  ['0 1 * * SUN', 7 * 86_400],
  ['0 0 1 * *', 31 * 86_400],
  ['0 9 * * MON-FRI', 3 * 86_400],
  ['@hourly', 3600],
])('%s leaves at most %d seconds between two runs', (text, gap) => {
  expect(facts(text)).toEqual({ everRuns: true, gap })
})

test('the shortest time between two runs is known as well', () => {
  const schedule = readSchedule('0,5 4 * * SUN')
  expect('fault' in schedule ? schedule : schedule.shortestGapSeconds()).toBe(300)
})

test('the times before and after a moment, in the zone of the machine and over a change of the clocks', () => {
  process.env['TZ'] = 'Europe/Berlin'
  const at = (time: string) => new Date(time)
  expect(nextAfter('0 4 * * SUN', at('2026-11-29T03:00:00Z'))).toEqual(at('2026-12-06T03:00:00Z'))
  // on the second, and a moment before it
  expect(newestUntil('0 4 * * SUN', at('2026-11-29T03:00:00Z'))).toEqual(at('2026-11-29T03:00:00Z'))
  expect(newestUntil('0 4 * * SUN', at('2026-11-29T02:59:59.999Z'))).toEqual(at('2026-11-22T03:00:00Z'))
  // half past two comes twice in that night, and counts once
  expect(nextAfter('30 2 * * *', at('2026-10-24T12:00:00Z'))).toEqual(at('2026-10-25T00:30:00Z'))
  expect(nextAfter('30 2 * * *', at('2026-10-25T00:30:00Z'))).toEqual(at('2026-10-26T01:30:00Z'))
  expect(newestUntil('30 2 * * *', at('2026-10-25T05:00:00Z'))).toEqual(at('2026-10-25T00:30:00Z'))
  expect(newestUntil('0 0 29 2 *', at('2026-11-29T03:00:00Z'))).toEqual(at('2024-02-28T23:00:00Z'))
})

test('a day that never comes is seen', () => {
  expect(facts('0 0 31 2 *')).toEqual({ everRuns: false, gap: undefined })
})

test.each(['', 'x', '* * * *', '* * * * * *', '60 * * * *', '* * * * * * 2030'])(
  '%j is no schedule',
  (text) => {
    expect(readSchedule(text)).toHaveProperty('fault')
  },
)

test('the answer does not depend on the time zone of the machine', () => {
  process.env['TZ'] = 'Europe/Berlin'
  const berlin = facts('30 2 * * *')
  process.env['TZ'] = 'America/New_York'
  expect(facts('30 2 * * *')).toEqual(berlin)
  expect(berlin).toEqual({ everRuns: true, gap: 86_400 })
})
