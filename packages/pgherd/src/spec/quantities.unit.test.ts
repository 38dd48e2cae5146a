import fc from 'fast-check'
import { expect, test } from 'vitest'
import { durationText, parseDuration, parseSize } from './quantities.ts'

test.each([
  ['100ms', 0.1],
  ['30s', 30],
  ['15min', 900],
  ['1.5h', 5400],
  ['7d', 604_800],
  [' 2w ', 1_209_600],
  ['0s', 0],
])('%s is %d seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds)
})

test.each(['', '5', '-5s', '5 minutes', '1e3s', '٣s', '9'.repeat(400) + 'd', '36601d', '5s\0', 'NaNs'])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined()
  },
)

test.each([
  ['128MB', 134_217_728],
  ['1GB', 1_073_741_824],
  ['1 kB', 1024],
  ['0.5TB', 549_755_813_888],
])('%s is %d bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes)
})

test.each(['', '1', '1gb', '-1GB', '99999999TB', '1GB '.repeat(2)])('%j is no size', (text) => {
  expect(parseSize(text)).toBeUndefined()
})

test('a duration printed is read back as it was', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3_000_000_000_000 }), (milliseconds) => {
      const seconds = milliseconds / 1000
      expect(parseDuration(durationText(seconds))).toBeCloseTo(seconds, 6)
    }),
  )
})
