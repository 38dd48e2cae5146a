import { expect, test } from 'vitest'
import { bytesText, secondsText } from './quantities.ts'
import { timeAndAge, timeText } from './times.ts'

test.each([
  [0, '0.0 s'],
  [0.44, '0.4 s'],
  [9.94, '9.9 s'],
  [9.96, '10 s'],
  [119.4, '119 s'],
  [119.6, '2 min'],
  [7170, '2 h'],
  [7100, '118 min'],
  [172_000, '2 d'],
  [170_000, '47 h'],
  [86_400 * 90, '90 d'],
  [-3, '-3.0 s'],
])('%d seconds read %s', (seconds, text) => {
  expect(secondsText(seconds)).toBe(text)
})

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 kB'],
  [1024 * 9.96, '10 kB'],
  [1024 ** 2 - 1, '1.0 MB'],
  [16 * 1024 ** 2, '16 MB'],
  [1024 ** 5 * 5000, '5000 PB'],
])('%d bytes read %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text)
})

test('times are read in UTC, with how long ago they were', () => {
  const now = new Date('2026-11-21T04:50:12Z')
  expect(timeText('2026-11-21T04:35:12.123Z')).toBe('2026-11-21 04:35:12Z')
  expect(timeText('unknown')).toBe('unknown')
  expect(timeAndAge('2026-11-21T04:35:12Z', now)).toBe('2026-11-21 04:35:12Z (15 min ago)')
  expect(timeAndAge('2026-11-21T04:50:11.9Z', now)).toBe('2026-11-21 04:50:11Z (just now)')
  expect(timeAndAge('2027-02-19T04:50:12Z', now)).toBe('2027-02-19 04:50:12Z (in 90 d)')
  expect(timeAndAge('never', now)).toBe('never')
})
