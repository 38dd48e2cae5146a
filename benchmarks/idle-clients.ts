import type pg from 'pg'
import { within } from './limit.ts'

const atOnce = 25

/** Clients that are connected and ask nothing. */
export class IdleClients implements AsyncDisposable {
  readonly #clients: pg.Client[] = []
  #leaving = false
  /** Connections that ended without being told to. */
  dropped = 0

  static async open(
    count: number,
    connect: () => Promise<pg.Client>,
    signal: AbortSignal,
  ): Promise<IdleClients> {
    const idle = new IdleClients()
    try {
      while (idle.count < count) {
        const batch = Array.from({ length: Math.min(atOnce, count - idle.count) }, connect)
        for (const client of await within(signal, Promise.all(batch))) idle.#hold(client)
      }
      return idle
    } catch (error) {
      await idle[Symbol.asyncDispose]()
      throw error
    }
  }

  get count(): number {
    return this.#clients.length
  }

  /** Asks each for a row; how many got it. */
  async answering(): Promise<number> {
    const asked = await Promise.allSettled(this.#clients.map((client) => client.query('select 1')))
    return asked.filter(({ status }) => status === 'fulfilled').length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leaving = true
    await Promise.allSettled(this.#clients.map((client) => client.end()))
  }

  #hold(client: pg.Client): void {
    client.on('end', () => {
      if (!this.#leaving) this.dropped++
    })
    this.#clients.push(client)
  }
}
