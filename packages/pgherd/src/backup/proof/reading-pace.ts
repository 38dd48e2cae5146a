/** Tables below this are never sampled: reading them whole costs less than explaining the sample. */
const alwaysWhole = 8 * 2 ** 20

/** Bytes per second assumed until something has been measured. */
const firstGuess = 50 * 2 ** 20

/**
 * Shares a time budget between tables that are read smallest first, and learns the reading rate on the way.
 * Times are in seconds, sizes in bytes.
 */
export class ReadingPace {
  #bytes = 0
  #seconds = 0

  /** What was read in how long. Small reads say nothing about the rate and are added up. */
  measured(bytes: number, seconds: number): void {
    this.#bytes += bytes
    this.#seconds += seconds
  }

  get bytesPerSecond(): number {
    return this.#bytes >= alwaysWhole && this.#seconds > 0 ? this.#bytes / this.#seconds : firstGuess
  }

  /**
   * The percentage of a table to read when `left` seconds remain for it and for `others` bytes of larger tables:
   * 100 when everything fits, 0 when there is no time left at all.
   */
  percent(bytes: number, others: number, left: number): number {
    if (left <= 0) return 0
    const affordable = this.bytesPerSecond * left
    if (bytes + others <= affordable) return 100
    if (bytes <= alwaysWhole && bytes <= affordable) return 100
    const share = (100 * affordable) / (bytes + others)
    return share >= 100 ? 100 : Math.max(0.01, Math.floor(share * 100) / 100)
  }
}
