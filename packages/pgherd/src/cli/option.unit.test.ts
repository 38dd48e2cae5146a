import { expect, test } from 'vitest'
import { listOption, numberOption, textOption } from './option.ts'

const bounds = { least: 1, most: 100 }

test('a whole number within its bounds', () => {
  expect(numberOption({ lines: '1' }, 'lines', bounds)).toBe(1)
  expect(numberOption({ lines: '100' }, 'lines', bounds)).toBe(100)
})

test.each(['0', '101', '-1', '1.5', '1e1', ' 1', '', 'abc', '0x10', '９', true, undefined])(
  '%j is refused with the bounds',
  (value) => {
    expect(() => numberOption({ lines: value }, 'lines', bounds)).toThrow(
      expect.objectContaining({
        exitCode: 2,
        message: expect.stringMatching(/--lines.*from 1 to 100/) as string,
      }),
    )
  },
)

test('a text option that was not given is none, nor is a switch', () => {
  expect(textOption({ out: 'x' }, 'out')).toBe('x')
  expect(textOption({}, 'out')).toBeUndefined()
  expect(textOption({ out: true }, 'out')).toBeUndefined()
})

test('a list is separated by commas, and empty when it was not given', () => {
  expect(listOption({ schema: 'a, b,,c' }, 'schema')).toEqual(['a', 'b', 'c'])
  expect(listOption({}, 'schema')).toEqual([])
})
