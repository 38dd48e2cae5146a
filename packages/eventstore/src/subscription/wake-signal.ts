/** Sleepers of this process, and how they are woken early. */
export class WakeSignal {
  readonly #sleepers = new Set<() => void>()

  /** Resolves after some milliseconds, or when woken, or when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#sleepers.delete(done)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#sleepers.add(done)
      signal?.addEventListener('abort', done)
    })
  }

  wake(): void {
    for (const done of [...this.#sleepers]) done()
  }
}
