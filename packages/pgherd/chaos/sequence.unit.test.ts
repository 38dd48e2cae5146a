import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scenarios } from './registry.ts'
import { sequenceOf } from './sequence.ts'

const items = ['a', 'b', 'c', 'd', 'e']

test('the same seed gives the same sequence, and every item comes about equally often', () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(60), (seed, count) => {
      const sequence = sequenceOf(items, count, seed)
      expect(sequence).toHaveLength(count)
      expect(sequenceOf(items, count, seed)).toEqual(sequence)
      const times = items.map((item) => sequence.filter((each) => each === item).length)
      expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(1)
    }),
  )
  expect(sequenceOf(items, 30, 1)).not.toEqual(sequenceOf(items, 30, 2))
  expect(sequenceOf([], 3, 1)).toEqual([])
})

test('every scenario is registered under a name of its own', () => {
  const names = scenarios.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  const files = readdirSync(join(import.meta.dirname, 'scenarios')).map((name) => name.replace('.ts', ''))
  expect(names).toEqual(expect.arrayContaining(files.filter((name) => name !== 'stalled-receiver')))
})

test('a part of a sequence is what the whole has at that place', () => {
  const whole = sequenceOf(items, 40, 7)
  expect([...sequenceOf(items, 15, 7), ...sequenceOf(items, 40, 7).slice(15)]).toEqual(whole)
  expect(sequenceOf(items, 25, 7).slice(15)).toEqual(whole.slice(15, 25))
})
