import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../database/database.ts'
import type { Query } from '../database/query.ts'

/**
 * In a transaction of its own that waits for no disk: NOTIFY takes a lock that is held until the commit has been
 * flushed, so inside an append it would let the appends of the whole server pass one by one (60-85 % slower, measured:
 * stores.md, 2.4).
 * Without a subscription nobody is told, and nothing is written.
 */
const notify: Query = {
  name: 'notify',
  text: (es) => `
    select set_config('synchronous_commit', 'off', true), pg_notify($1, $2)
    where exists (select from ${es}.subscription)`,
}

/** While there is no subscription, whether there is one is asked so often: a new one looks for itself at first. */
const withoutSubscriptionMs = 200

/** Tells other processes that there is something to read: at once, then once per interval while there is more. */
export class Announcer {
  readonly #database: Database
  readonly #channel: string
  /** By which a process knows what it said itself. */
  readonly #sender: string
  readonly #intervalMs: number
  #again = false
  #talking: Promise<void> | undefined
  readonly #closed = new AbortController()

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
    this.#closed.abort()
    await this.#talking
  }

  async #talk(): Promise<void> {
    while (this.#again) {
      this.#again = false
      // whoever is not told polls, so there is nothing to do about a failure
      const told = await this.#database.run(notify, [this.#channel, this.#sender]).catch(() => [])
      const restMs = told.length > 0 ? this.#intervalMs : withoutSubscriptionMs
      await sleep(restMs, undefined, { signal: this.#closed.signal }).catch(() => undefined)
    }
    this.#talking = undefined
  }
}
