import type { Clock } from '../clock.ts'

interface Bucket {
  tokens: number
  at: number
}

/** Addresses remembered at the same time; the oldest is forgotten first. */
const mostCallers = 1000

/** A bucket of `burst` requests per caller that refills with `perSecond`. */
export class RateLimit {
  readonly #perSecond: number
  readonly #burst: number
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #buckets = new Map<string, Bucket>()

  constructor(perSecond: number, burst: number, clock: Pick<Clock, 'monotonic'>) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#clock = clock
  }

  /** Takes one request of a caller; false when there is none left. */
  take(caller: string): boolean {
    const now = this.#clock.monotonic()
    const old = this.#buckets.get(caller) ?? { tokens: this.#burst, at: now }
    const tokens = Math.min(this.#burst, old.tokens + ((now - old.at) / 1000) * this.#perSecond)
    this.#buckets.delete(caller)
    this.#buckets.set(caller, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now })
    const oldest = this.#buckets.keys().next()
    if (this.#buckets.size > mostCallers && !oldest.done) this.#buckets.delete(oldest.value)
    return tokens >= 1
  }
}
