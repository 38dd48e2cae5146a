import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toInstant } from './instant.ts'
import { toPeriod } from './period.ts'

test.each([
  ['2026-03-29T01:00:00Z', '2026-03-29T01:00:00.000000Z'],
  ['2026-03-29T01:00Z', '2026-03-29T01:00:00.000000Z'],
  ['2026-03-29', '2026-03-29T00:00:00.000000Z'],
  ['2026-03-29T02:30:00.5+01:00', '2026-03-29T01:30:00.500000Z'],
  ['2026-01-01T00:00:00-0530', '2026-01-01T05:30:00.000000Z'],
  ['2026-01-01T00:00:00.123456Z', '2026-01-01T00:00:00.123456Z'],
  ['2026-01-01T00:00:00.123456000Z', '2026-01-01T00:00:00.123456Z'],
  ['2024-02-29T23:59:59.999999Z', '2024-02-29T23:59:59.999999Z'],
  ['0001-01-01', '0001-01-01T00:00:00.000000Z'],
  ['9999-12-31', '9999-12-31T00:00:00.000000Z'],
  ['infinity', 'infinity'],
  ['-infinity', '-infinity'],
])('%s is %s', (text, instant) => {
  expect(toInstant(text, 'it')).toBe(instant)
})

test.each([
  ['2026-03-29T01:00:00', 'no offset'],
  ['2026-02-30', 'no such day'],
  ['2025-02-29T00:00Z', 'no such day'],
  ['2026-01-01T24:00:00Z', 'no such day'],
  ['2026-01-01T00:00:60Z', 'no such day'],
  ['2026-01-01T00:00:00.1234567Z', 'no more than microseconds'],
  ['0000-12-31', 'years from 1'],
  ['9999-12-31T23:00:00-05:00', 'years from 1'],
  ['yesterday', 'neither a Date'],
  ['2026-01-01 00:00:00Z', 'neither a Date'],
  ['', 'neither a Date'],
  [17 as never, 'neither a Date'],
  [new Date('?'), 'it is no time'],
])('%s is refused', (time, reason) => {
  expect(() => toInstant(time, 'it')).toThrow(expect.objectContaining({ code: 'INVALID_TIME' }))
  expect(() => toInstant(time, 'it')).toThrow(reason)
})

test('a Date and its text are the same instant, and instants compare as text', () => {
  const dates = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  fc.assert(
    fc.property(dates, dates, (a, b) => {
      expect(toInstant(a, 'a')).toBe(toInstant(a.toISOString(), 'a'))
      expect(toInstant(a, 'a') < toInstant(b, 'b')).toBe(a < b)
    }),
  )
  expect('-infinity' < toInstant('0001-01-01', 'first') && toInstant('9999-12-31', 'last') < 'infinity').toBe(
    true,
  )
})

test.each([
  ['2026-01-02', '2026-01-01'],
  ['2026-01-01', '2026-01-01'],
  ['2026-01-01T01:00:00+01:00', '2026-01-01'],
  ['infinity', 'infinity'],
  ['infinity', '-infinity'],
  ['infinity', undefined],
  ['-infinity', '-infinity'],
])('a period from %s to %s is refused', (from, to) => {
  expect(() => toPeriod({ from, ...(to ? { to } : {}) })).toThrow(
    expect.objectContaining({ code: 'INVALID_PERIOD' }),
  )
})
