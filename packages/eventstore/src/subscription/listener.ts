import type { ClientBase, Notification } from 'pg'
import { quoted, type Database } from '../database/database.ts'

const reconnectMs = 1000

/** A connection that hears what other processes announce. While it is broken, subscriptions poll. */
export class Listener {
  readonly #database: Database
  readonly #channel: string
  readonly #sender: string
  readonly #heard: () => void
  readonly #stopped = new AbortController()
  #running: Promise<void> | undefined

  constructor(database: Database, channel: string, sender: string, heard: () => void) {
    this.#database = database
    this.#channel = channel
    this.#sender = sender
    this.#heard = heard
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async close(): Promise<void> {
    this.#stopped.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      try {
        await this.#listen(signal)
      } catch {
        await rest(reconnectMs, signal)
      }
    }
  }

  /** Until it is stopped or the connection breaks. */
  async #listen(signal: AbortSignal): Promise<void> {
    const client = await this.#database.checkout()
    const onNotification = ({ payload }: Notification): void => {
      if (payload !== this.#sender) this.#heard()
    }
    client.on('notification', onNotification)
    try {
      await this.#database.plain(client, `listen ${quoted(this.#channel)}`)
      // what was announced before is not told again
      this.#heard()
      await broken(client, signal)
      await this.#database.plain(client, `unlisten ${quoted(this.#channel)}`)
      client.off('notification', onNotification)
      this.#database.giveBack(client)
    } catch (thrown) {
      client.off('notification', onNotification)
      this.#database.discard(client)
      throw thrown
    }
  }
}

/** Resolves when it is to stop; rejects when the connection breaks. */
function broken(client: ClientBase, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      client.off('error', onError)
      client.off('end', onEnd)
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    const onError = (error: Error): void => end(() => reject(error))
    const onEnd = (): void => end(() => reject(new Error('the connection ended')))
    const onAbort = (): void => end(resolve)
    client.on('error', onError)
    client.on('end', onEnd)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
  })
}

function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
