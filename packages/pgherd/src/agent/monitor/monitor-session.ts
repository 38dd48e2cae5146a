import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Row } from '../../checks/check.ts'

/**
 * Settings of every session of ours: never waits long for a lock or a query, never writes, is not
 * ended by the idle timeouts of the spec, and does not wait for the archive to confirm anything.
 */
const sessionOptions = [
  'statement_timeout=3000',
  'lock_timeout=200',
  'idle_in_transaction_session_timeout=5000',
  'idle_session_timeout=0',
  'default_transaction_read_only=on',
  'synchronous_commit=local',
  'jit=off',
]
  .map((each) => `-c ${each}`)
  .join(' ')

export class NoAnswerError extends Error {
  constructor(deadlineMs: number) {
    super(`no answer within ${deadlineMs} ms`)
    this.name = 'NoAnswerError'
  }
}

/**
 * One connection that is made when first needed, asked one question at a time, and thrown away when
 * an answer does not come in time: a frozen server must cost a deadline, not the agent.
 */
export class MonitorSession {
  readonly #config: pg.ClientConfig
  #client: pg.Client | undefined
  #socket: Socket | undefined
  #queue: Promise<unknown> = Promise.resolve()
  #onEnd: (() => void) | undefined

  constructor(config: pg.ClientConfig, onEnd?: () => void) {
    this.#config = config
    this.#onEnd = onEnd
  }

  get connected(): boolean {
    return this.#client !== undefined
  }

  /**
   * Runs one query and gives its rows.
   *
   * @throws NoAnswerError when no answer came within `deadlineMs`, else the server's or the kernel's error
   */
  ask(text: string, deadlineMs: number): Promise<readonly Row[]> {
    const answer = this.#queue.then(() => this.#askNow(text, deadlineMs))
    this.#queue = answer.catch(() => undefined)
    return answer
  }

  async #askNow(text: string, deadlineMs: number): Promise<readonly Row[]> {
    let late: NodeJS.Timeout | undefined
    const deadline = new Promise<never>((_, reject) => {
      late = setTimeout(() => {
        this.drop()
        reject(new NoAnswerError(deadlineMs))
      }, deadlineMs)
    })
    try {
      return await Promise.race([this.#connectAndAsk(text), deadline])
    } finally {
      clearTimeout(late)
    }
  }

  async #connectAndAsk(text: string): Promise<readonly Row[]> {
    if (!this.#client) {
      const socket = new Socket()
      this.#socket = socket
      const client = new pg.Client({
        application_name: 'pgherd_agent',
        options: sessionOptions,
        ...this.#config,
        stream: () => socket,
      })
      client.on('error', () => this.#forget(socket))
      client.on('end', () => this.#forget(socket))
      try {
        await client.connect()
      } catch (error) {
        socket.destroy()
        throw error
      }
      if (socket.destroyed) throw new Error('the connection ended')
      this.#client = client
    }
    const result = await this.#client.query<Record<string, unknown>>(text)
    return result.rows
  }

  #forget(socket: Socket): void {
    if (this.#socket !== socket) return
    this.#client = undefined
    this.#socket = undefined
    this.#onEnd?.()
  }

  /** Says goodbye, so that the server does not count the session as abandoned; cuts when that takes too long. */
  async close(): Promise<void> {
    const client = this.#client
    if (client)
      await Promise.race([client.end().catch(() => undefined), sleep(500, undefined, { ref: false })])
    this.drop()
  }

  /** Cuts the connection at once, whatever it was doing. */
  drop(): void {
    this.#client = undefined
    const socket = this.#socket
    this.#socket = undefined
    socket?.destroy()
  }
}
