import { expect, test } from 'vitest'
import { Lateness } from './lateness.ts'

const sent = (ms: number) => BigInt(817_000_000_000_000) + BigInt(ms) * 1000n

test('the quickest message is the measure, whatever the clocks say', () => {
  const lateness = new Lateness()
  expect(lateness.of(sent(0), 5003)).toBeCloseTo(0)
  expect(lateness.of(sent(100), 5103)).toBeCloseTo(0)
  expect(lateness.of(sent(110), 5153)).toBeCloseTo(40)
  expect(lateness.of(sent(300), 5301)).toBeCloseTo(0)
  expect(lateness.of(sent(400), 5403)).toBeCloseTo(2)
})

test('messages that are read more slowly than they are sent become later and later', () => {
  const lateness = new Lateness()
  const late = Array.from({ length: 10 }, (_, index) => lateness.of(sent(index * 4), 1000 + index * 40))
  expect(late.at(-1)).toBeCloseTo(9 * 36)
})
