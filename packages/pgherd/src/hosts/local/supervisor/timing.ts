/** How patient the supervisor is. Milliseconds unless the name says otherwise. */
export interface Timing {
  readonly firstDelay: number
  readonly longestDelay: number
  /** A unit that ran this long starts its next series of delays anew. */
  readonly stableAfter: number
  /** A program without a sign of readiness counts as running when it lives this long. */
  readonly settleAfter: number
  /** How often adopted processes, which are no children, are looked at. */
  readonly pollEvery: number
  /** How long a unit waits at start-up for those it comes after. */
  readonly dependencyPatience: number
  readonly rotateEvery: number
  readonly logBytes: number
  /** Rotated files kept beside the current one. */
  readonly logsKept: number
}

export const defaultTiming: Timing = {
  firstDelay: 200,
  longestDelay: 30_000,
  stableAfter: 60_000,
  settleAfter: 100,
  pollEvery: 500,
  dependencyPatience: 15_000,
  rotateEvery: 15_000,
  logBytes: 16 * 2 ** 20,
  logsKept: 5,
}

/**
 * Delay before the restart after `failures` failures in a row (1 is the first): doubled each time up to
 * the longest, and spread by up to a quarter either way so that units do not fail in step. `random` is in [0, 1).
 */
export function backOffDelay(failures: number, timing: Timing, random: number): number {
  const exact = Math.min(timing.longestDelay, timing.firstDelay * 2 ** Math.min(failures - 1, 30))
  return Math.round(exact * (0.75 + random / 2))
}
