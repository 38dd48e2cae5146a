import type { Database } from '../database/database.ts'
import type { Query } from '../database/query.ts'

/**
 * In a transaction of its own that waits for no disk: NOTIFY takes a lock that is held until the commit has been
 * flushed, so inside an append it would let the appends of the whole server pass one by one (60-85 % slower, measured:
 * stores.md, 2.4).
 */
const notify: Query = {
  name: 'notify',
  text: () => `select set_config('synchronous_commit', 'off', true), pg_notify($1, $2)`,
}

/** Tells other processes that there is something to read: at once, then once per interval while there is more. */
export class Announcer {
  readonly #database: Database
  readonly #channel: string
  /** By which a process knows what it said itself. */
  readonly #sender: string
  readonly #intervalMs: number
  #again = false
  #talking: Promise<void> | undefined

  constructor(database: Database, channel: string, sender: string, intervalMs: number) {
    this.#database = database
    this.#channel = channel
    this.#sender = sender
    this.#intervalMs = intervalMs
  }

  announce(): void {
    this.#again = true
    this.#talking ??= this.#talk()
  }

  /** Resolves when all has been said. */
  async close(): Promise<void> {
    await this.#talking
  }

  async #talk(): Promise<void> {
    while (this.#again) {
      this.#again = false
      // whoever is not told polls, so there is nothing to do about a failure
      await this.#database.run(notify, [this.#channel, this.#sender]).catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, this.#intervalMs))
    }
    this.#talking = undefined
  }
}
