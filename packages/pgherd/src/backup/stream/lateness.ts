/**
 * How long messages have waited on their way, in milliseconds, from the clock of the server in them (microseconds). The two
 * clocks may differ: the quickest message there was is the measure. A clock of the server that is set back makes all that
 * follow look late, which costs sparing and nothing else.
 */
export class Lateness {
  #least = Infinity

  /** @param now milliseconds of a clock that never goes back, when the message was read */
  of(clock: bigint, now: number): number {
    const apart = now - Number(clock) / 1000
    this.#least = Math.min(this.#least, apart)
    return apart - this.#least
  }
}
