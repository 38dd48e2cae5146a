import { expect, test } from 'vitest'
import { ReadingPace } from './reading-pace.ts'

const MB = 2 ** 20

test('everything that fits the budget is read whole', () => {
  const pace = new ReadingPace()
  pace.measured(100 * MB, 1)
  expect(pace.percent(400 * MB, 500 * MB, 10)).toBe(100)
})

test('what does not fit is sampled in proportion to the time left', () => {
  const pace = new ReadingPace()
  pace.measured(100 * MB, 1)
  expect(pace.percent(4000 * MB, 0, 10)).toBe(25)
  expect(pace.percent(1000 * MB, 3000 * MB, 10)).toBe(25)
})

test('small tables are read whole even beside huge ones, and nothing is read without time', () => {
  const pace = new ReadingPace()
  pace.measured(100 * MB, 1)
  expect(pace.percent(2 * MB, 1e6 * MB, 10)).toBe(100)
  expect(pace.percent(2 * MB, 0, 0)).toBe(0)
  expect(pace.percent(1e9 * MB, 0, 1)).toBe(0.01)
})
