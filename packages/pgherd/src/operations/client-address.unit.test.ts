import { expect, test } from 'vitest'
import { specSchema } from '../spec/schema.ts'
import { clientAddress } from './client-address.ts'

test.each([
  [['127.0.0.1'], '127.0.0.1'],
  [['*'], '127.0.0.1'],
  [['0.0.0.0'], '127.0.0.1'],
  [['::'], '::1'],
  [['10.20.0.5', '127.0.0.1'], '10.20.0.5'],
  [['localhost'], 'localhost'],
])('who listens on %j is reached at %s', (listen, expected) => {
  expect(clientAddress(specSchema.parse({ name: 'x', postgres: { listen } }))).toBe(expected)
})
