import type pg from 'pg'

const lookEveryMs = 250

/**
 * Our locks are weak, but a session that wants to change a table waits for them, and everybody else waits behind it.
 * When somebody waits, the query that runs is cancelled, so that the locks can be given up.
 */
export class LockWaiters implements AsyncDisposable {
  readonly #watcher: pg.Client
  readonly #holder: number
  readonly #timer: NodeJS.Timeout
  #looking: Promise<void> = Promise.resolve()
  #someone = false

  private constructor(watcher: pg.Client, holder: number) {
    this.#watcher = watcher
    this.#holder = holder
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look())
    }, lookEveryMs)
  }

  /** Watches over the locks of `client` through another connection to the same server. */
  static async watch(client: pg.Client, watcher: pg.Client): Promise<LockWaiters> {
    const { rows } = await client.query<{ pid: number }>('select pg_catalog.pg_backend_pid() as pid')
    return new LockWaiters(watcher, rows[0]?.pid ?? 0)
  }

  /** Somebody waited for a table we hold. */
  get someone(): boolean {
    return this.#someone
  }

  async #look(): Promise<void> {
    if (this.#someone) return
    try {
      const { rows } = await this.#watcher.query<{ waits: boolean }>(
        `select exists (select from pg_catalog.pg_locks
           where not granted and locktype = 'relation' and $1 = any (pg_catalog.pg_blocking_pids(pid))) as waits`,
        [this.#holder],
      )
      this.#someone = rows[0]?.waits === true
      if (this.#someone) await this.#watcher.query('select pg_catalog.pg_cancel_backend($1)', [this.#holder])
    } catch {
      // The connection is gone; whoever reads through the other one will notice.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }
}
