/** Both clocks a daemon needs: the wall for people and schedules, the monotonic one for intervals. */
export interface Clock {
  now(): Date
  /** Milliseconds that never jump, whatever happens to the wall clock. */
  monotonic(): number
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
}
