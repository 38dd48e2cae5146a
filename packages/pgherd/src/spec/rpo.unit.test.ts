import { expect, test } from 'vitest'
import { meetsRpo } from './rpo.ts'

test.each([
  [{ rpoSeconds: 59, lostCommits: 3 }, 60, true],
  [{ rpoSeconds: 61, lostCommits: 0 }, 60, false],
  [{ rpoSeconds: null, lostCommits: 0 }, 60, undefined],
  // the newest commit is always a moment old, whatever waits for what
  [{ rpoSeconds: 0.02, lostCommits: 0 }, 0, true],
  [{ rpoSeconds: 0.02, lostCommits: 1 }, 0, false],
  [{ rpoSeconds: 0, lostCommits: null }, 0, undefined],
])('%o against %i s: %s', (measured, objective, met) => {
  expect(meetsRpo(measured, objective)).toBe(met)
})
