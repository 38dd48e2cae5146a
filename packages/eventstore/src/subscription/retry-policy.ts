import { wholeNumber } from '../read/whole-number.ts'

/** How often and how soon an event that failed is tried again. */
export interface RetryPolicy {
  /** Attempts before it goes to the failed events, the first included. */
  readonly attempts: number
  /** Before the second attempt, in milliseconds; each further pause is twice as long. */
  readonly firstDelayMs: number
  readonly maxDelayMs: number
}

export const retryDefaults: RetryPolicy = { attempts: 5, firstDelayMs: 100, maxDelayMs: 30_000 }

/** The policy with defaults for what is left out. Throws INVALID_OPTION. */
export function retryPolicy(given: Partial<RetryPolicy>): RetryPolicy {
  const policy = { ...retryDefaults, ...given }
  wholeNumber('retry.attempts', policy.attempts, 1)
  wholeNumber('retry.firstDelayMs', policy.firstDelayMs, 0)
  wholeNumber('retry.maxDelayMs', policy.maxDelayMs, 0)
  return policy
}

/** Milliseconds to wait after a number of failed attempts; undefined when there is to be no further one. Pure. */
export function delayAfter(
  failed: number,
  { attempts, firstDelayMs, maxDelayMs }: RetryPolicy,
): number | undefined {
  if (failed >= attempts) return undefined
  return Math.min(firstDelayMs * 2 ** (failed - 1), maxDelayMs)
}
