/** Exponential back-off with jitter, so that many clients of one server do not come back at once. */
export class Backoff {
  readonly #firstMs: number
  readonly #mostMs: number
  #nextMs: number

  constructor(firstMs: number, mostMs: number) {
    this.#firstMs = firstMs
    this.#mostMs = mostMs
    this.#nextMs = firstMs
  }

  reset(): void {
    this.#nextMs = this.#firstMs
  }

  /** Waits between 70 % and 130 % of the current step; ends at once when `signal` aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    const ms = this.#nextMs * (0.7 + Math.random() * 0.6)
    this.#nextMs = Math.min(this.#nextMs * 2, this.#mostMs)
    if (signal.aborted) return
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done, { once: true })
    })
  }
}
