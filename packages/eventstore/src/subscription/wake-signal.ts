/** Sleepers of this process, and how they are woken early. A wake that comes while nobody sleeps is not lost. */
export class WakeSignal {
  readonly #sleepers = new Set<() => void>()
  #wakes = 0

  /** How often it was woken; what was there before `sleep` is not slept through. */
  get wakes(): number {
    return this.#wakes
  }

  /** Resolves after some milliseconds, when woken, when it has been woken since `seen`, or when the signal aborts. */
  sleep(ms: number, seen: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || seen !== this.#wakes) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#sleepers.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#sleepers.add(done)
      signal.addEventListener('abort', done)
    })
  }

  wake(): void {
    this.#wakes++
    for (const done of [...this.#sleepers]) done()
  }
}
