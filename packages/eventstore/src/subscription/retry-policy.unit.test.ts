import { expect, test } from 'vitest'
import { isFirst, limitAfterFailure, limitAfterSuccess } from './batch-limit.ts'
import { delayAfter, retryDefaults, retryPolicy } from './retry-policy.ts'

test('pauses double up to the longest, and end with the attempts', () => {
  const policy = retryPolicy({ attempts: 6, firstDelayMs: 100, maxDelayMs: 500 })
  expect([1, 2, 3, 4, 5, 6].map((failed) => delayAfter(failed, policy))).toEqual([
    100,
    200,
    400,
    500,
    500,
    undefined,
  ])
  expect(delayAfter(1, { ...retryDefaults, attempts: 1 })).toBeUndefined()
  for (const wrong of [{ attempts: 0 }, { firstDelayMs: -1 }, { maxDelayMs: 1.5 }])
    expect(() => retryPolicy(wrong)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
})

test.each([true, false])(
  'the one event that fails is found in few turns, told or not (told: %s)',
  (isTold) => {
    for (const bad of [0, 1, 499, 998, 999]) {
      let [at, limit, turns] = [0, 1000, 0]
      for (;;) {
        turns++
        const size = Math.min(limit, 1000 - at)
        if (bad < at || bad >= at + size) {
          at += size
          limit = limitAfterSuccess(limit, 1000)
          continue
        }
        const culprit = isTold ? bad - at : undefined
        if (isFirst(size, culprit)) break
        limit = limitAfterFailure(size, culprit)
      }
      expect(at).toBe(bad)
      expect(turns).toBeLessThan(isTold ? 4 : 60)
    }
  },
)
