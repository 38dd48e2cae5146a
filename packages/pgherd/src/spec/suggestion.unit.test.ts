import { expect, test } from 'vitest'
import { nearest } from './suggestion.ts'

test.each([
  ['datbases', 'databases'],
  ['connection_limit', 'connectionLimit'],
  ['otlp', 'oltp'],
  ['Roles', 'roles'],
])('%s most likely means %s', (word, meant) => {
  expect(nearest(word, ['roles', 'databases', 'connectionLimit', 'oltp'])).toBe(meant)
})

test('a word far from all candidates means none of them', () => {
  expect(nearest('kubernetes', ['roles', 'databases', 'tls'])).toBeUndefined()
  expect(nearest('x', ['ca', 'tls'])).toBeUndefined()
  expect(nearest('a'.repeat(100_000), ['roles'])).toBeUndefined()
})
