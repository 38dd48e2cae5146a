import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'

export interface LoadFigures {
  readonly acknowledged: readonly string[]
  readonly errors: readonly string[]
  /** Longest time without an acknowledged write, in milliseconds. */
  readonly longestGapMs: number
  /** Longest that one client waited for one piece of work, in milliseconds. */
  readonly longestWaitMs: number
}

/**
 * Writes at a steady pace from several clients: every second one in transactions of three statements, the others one row
 * at a time. A client that meets an error connects anew and goes on.
 */
export class WriteLoad implements AsyncDisposable {
  /** Loads that follow each other write into the same table. */
  readonly #name = randomBytes(4).toString('hex')
  readonly #connect: () => Promise<pg.Client>
  readonly #acknowledged: string[] = []
  readonly #errors: string[] = []
  readonly #clients: readonly Promise<void>[]
  #stopped = false
  #last = performance.now()
  #longest = 0
  #longestWait = 0

  constructor(connect: () => Promise<pg.Client>, { clients = 8, perSecond = 200 } = {}) {
    this.#connect = connect
    this.#clients = Array.from({ length: clients }, (_, index) =>
      this.#run(index, (1000 / perSecond) * clients),
    )
  }

  /** So many more writes acknowledged. */
  async more(count: number): Promise<void> {
    const until = this.#acknowledged.length + count
    while (this.#acknowledged.length < until) await sleep(20)
  }

  /** Forgets the gaps so far, such as that of the first connections. */
  measureFromNow(): void {
    this.#longest = 0
    this.#longestWait = 0
    this.#last = performance.now()
  }

  get longestGapMs(): number {
    return Math.round(this.#longest)
  }

  get errors(): readonly string[] {
    return this.#errors
  }

  async stop(): Promise<LoadFigures> {
    this.#stopped = true
    await Promise.all(this.#clients)
    const longestWaitMs = Math.round(this.#longestWait)
    return {
      acknowledged: this.#acknowledged,
      errors: this.#errors,
      longestGapMs: this.longestGapMs,
      longestWaitMs,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #run(index: number, everyMs: number): Promise<void> {
    let client: pg.Client | undefined
    let next = performance.now() + (everyMs * index) / 8
    for (let serial = 0; !this.#stopped; serial++) {
      await sleep(Math.max(0, next - performance.now()))
      // no bunch of writes after a stall: the pace is that of users who wait for the answer
      next = Math.max(next + everyMs, performance.now())
      const id = `${this.#name}-${index}-${serial}`
      const began = performance.now()
      try {
        client ??= await this.#connect()
        if (index % 2 === 0) await client.query('INSERT INTO written (id) VALUES ($1)', [id])
        else {
          await client.query('BEGIN')
          await client.query('INSERT INTO written (id) VALUES ($1)', [id])
          await client.query('SELECT count(*) FROM written WHERE id = $1', [id])
          await client.query('COMMIT')
        }
        this.#acknowledge(id)
        this.#longestWait = Math.max(this.#longestWait, performance.now() - began)
      } catch (error) {
        this.#errors.push(error instanceof Error ? error.message : String(error))
        await client?.end().catch(() => undefined)
        client = undefined
        await sleep(50)
      }
    }
    await client?.end().catch(() => undefined)
  }

  #acknowledge(id: string): void {
    this.#acknowledged.push(id)
    const now = performance.now()
    this.#longest = Math.max(this.#longest, now - this.#last)
    this.#last = now
  }
}
