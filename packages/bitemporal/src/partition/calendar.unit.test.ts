import { expect, test } from 'vitest'
import { calendarPeriods } from './calendar.ts'

test.each([
  ['day', '2028-02-28T23:59:59.999999Z', ['2028-02-28', '2028-02-29', '2028-03-01']],
  ['month', '2026-11-29T12:00:00.000000Z', ['2026-11-01', '2026-12-01', '2027-01-01']],
  ['year', '2026-01-01T00:00:00.000000Z', ['2026-01-01', '2027-01-01', '2028-01-01']],
] as const)('each %s from %s', (unit, around, begins) => {
  const periods = calendarPeriods(unit, around, 2)
  expect(periods.map(({ from }) => from.slice(0, 10))).toEqual(begins)
  expect(periods.slice(1).map(({ from }) => from)).toEqual(periods.slice(0, -1).map(({ to }) => to))
})
