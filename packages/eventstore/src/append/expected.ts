import { EventStoreError } from '../errors/event-store-error.ts'

/** What the stream has to be for an append: at this version (0 = no event yet), whatever it is, without events, with events. */
export type Expected = number | 'any' | 'none' | 'exists'

const words = { none: 0, any: -1, exists: -2 } as const

/** The number by which `es.append` knows it. Throws INVALID_EXPECTED. */
export function expectedNumber(expected: Expected): number {
  if (typeof expected === 'string' && Object.hasOwn(words, expected)) return words[expected]
  if (typeof expected === 'number' && Number.isSafeInteger(expected) && expected >= 0) return expected
  throw new EventStoreError('INVALID_EXPECTED', {
    detail: `${String(expected)} is neither a version from 0 to 2^53 - 1 nor 'any', 'none' or 'exists'`,
    why: 'beyond 2^53 two versions are the same number, and a conflict would go unseen',
    mend: 'Pass the `version` that `aggregate`, `read` or the last `append` gave.',
  })
}
