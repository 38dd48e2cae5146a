import { expect, test } from 'vitest'
import { expectedNumber, type Expected } from './expected.ts'

test('words and versions have a number each', () => {
  expect((['none', 'any', 'exists', 0, 7] as const).map(expectedNumber)).toEqual([0, -1, -2, 0, 7])
})

test.each([-1, 1.5, NaN, Infinity, 2 ** 53, '7', 'toString', 7n, undefined, null])(
  '%s is refused',
  (value) => {
    expect(() => expectedNumber(value as Expected)).toThrow(
      expect.objectContaining({ code: 'INVALID_EXPECTED' }),
    )
  },
)
