import pg from 'pg'
import { ProbeTimeout } from './outcome.ts'

/** How to reach one place; asked for every new connection, since a password or a certificate may have changed. */
export type Endpoint = () => pg.ClientConfig | Promise<pg.ClientConfig>

/**
 * One connection of a probe. Its patience is the client's own: a server that is frozen answers nothing, so that no
 * setting of the server can end the wait. A connection that did not answer in time is cut.
 */
export class ProbeSession {
  readonly #endpoint: Endpoint
  readonly #timeoutMs: number
  #client: pg.Client | undefined
  #notices: string[] = []

  constructor(endpoint: Endpoint, timeoutMs: number) {
    this.#endpoint = endpoint
    this.#timeoutMs = timeoutMs
  }

  /** Connects unless connected. */
  async open(): Promise<void> {
    if (this.#client) return
    const client = new pg.Client({
      ...(await this.#endpoint()),
      connectionTimeoutMillis: this.#timeoutMs,
      keepAlive: true,
    })
    // a connection that breaks while idle must not end the process; the next statement sees it
    client.on('error', () => undefined)
    client.on('end', () => {
      if (this.#client === client) this.#client = undefined
    })
    client.on('notice', (notice) => this.#notices.push(notice.message ?? ''))
    try {
      await this.#within(client, client.connect())
    } catch (error) {
      cut(client)
      throw error
    }
    this.#client = client
  }

  /** Runs one statement; a failure that may have broken the connection ends it. */
  async query(
    text: string,
    values: readonly string[] = [],
  ): Promise<{ row: Record<string, unknown> | undefined; notices: readonly string[] }> {
    const client = this.#client
    if (!client) throw new Error('the connection was lost')
    this.#notices = []
    try {
      const result = await this.#within(client, client.query<Record<string, unknown>>(text, [...values]))
      return { row: result.rows[0], notices: this.#notices }
    } catch (error) {
      this.close()
      throw error
    }
  }

  close(): void {
    const client = this.#client
    this.#client = undefined
    if (client) cut(client)
  }

  async #within<T>(client: pg.Client, work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new ProbeTimeout(`no answer within ${this.#timeoutMs} ms`))
        cut(client)
      }, this.#timeoutMs)
    })
    work.catch(() => undefined)
    try {
      return await Promise.race([work, late])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** `end()` waits for the other side; a dead or frozen one never answers. */
function cut(client: pg.Client): void {
  client.end().catch(() => undefined)
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection
  stream.destroy()
}
