import { expect, test } from 'vitest'
import { agentUrl } from './agent-url.ts'

test.each([
  ['127.0.0.1', 'http://127.0.0.1:5210'],
  ['localhost', 'http://localhost:5210'],
  ['::1', 'http://[::1]:5210'],
])('an agent on %s is asked at %s', (listen, url) => {
  expect(agentUrl(listen, 5210)).toBe(url)
  expect(new URL(url).port).toBe('5210')
})
