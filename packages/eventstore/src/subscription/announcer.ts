import type { Database } from '../database/database.ts'
import type { Query } from '../database/query.ts'

/**
 * In a transaction of its own that waits for no disk: NOTIFY takes a lock that holds until its commit has been flushed,
 * so inside an append it would let the appends of the whole server pass one by one (60-85 % slower: stores.md, 2.4).
 */
const notify: Query = {
  name: 'notify',
  text: () => `select set_config('synchronous_commit', 'off', true), pg_notify($1, '')`,
}

/** Tells other processes that there is something to read: at once, then once per interval while there is more. */
export class Announcer {
  readonly #database: Database
  readonly #channel: string
  readonly #intervalMs: number
  #underWay: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #again = false

  constructor(database: Database, channel: string, intervalMs: number) {
    this.#database = database
    this.#channel = channel
    this.#intervalMs = intervalMs
  }

  announce(): void {
    if (this.#underWay || this.#timer) this.#again = true
    else this.#underWay = this.#send()
  }

  /** Sends what is still to be said. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#underWay
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#again) await this.#send()
    clearTimeout(this.#timer)
  }

  async #send(): Promise<void> {
    this.#again = false
    // whoever is not told polls, so there is nothing to do about a failure
    await this.#database.run(notify, [this.#channel]).catch(() => undefined)
    this.#underWay = undefined
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#again) this.#underWay = this.#send()
    }, this.#intervalMs)
    this.#timer.unref()
  }
}
