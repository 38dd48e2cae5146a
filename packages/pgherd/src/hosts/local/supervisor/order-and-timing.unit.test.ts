import { expect, test } from 'vitest'
import { startOrder } from './start-order.ts'
import { backOffDelay, defaultTiming } from './timing.ts'

const unit = (name: string, ...after: string[]) => ({ name, unit: { after } })
const namesOf = (units: readonly { name: string }[]) => units.map(({ name }) => name)

test('units start behind those they come after, wherever they stand', () => {
  expect(
    namesOf(startOrder([unit('agent', 'postgres', 'pooler'), unit('pooler', 'postgres'), unit('postgres')])),
  ).toEqual(['postgres', 'pooler', 'agent'])
  expect(namesOf(startOrder([unit('a', 'absent'), { name: 'undefined', unit: undefined }]))).toEqual([
    'a',
    'undefined',
  ])
  expect(namesOf(startOrder([unit('a', 'b'), unit('b', 'a')])).sort()).toEqual(['a', 'b'])
})

test('delays double up to the longest, spread by a quarter', () => {
  const middle = (failures: number) => backOffDelay(failures, defaultTiming, 0.5)
  expect([1, 2, 3, 4, 8, 9, 1000].map(middle)).toEqual([200, 400, 800, 1600, 25_600, 30_000, 30_000])
  expect(backOffDelay(1, defaultTiming, 0)).toBe(150)
  expect(backOffDelay(1, defaultTiming, 0.999)).toBe(250)
})
