import { setTimeout as sleep } from 'node:timers/promises'
import type { ReadRecord } from './history.ts'
import { outcomeOf } from './outcome.ts'
import { ProbeSession, type Endpoint } from './probe-session.ts'
import { probeSelect } from './probe-table.ts'

export interface ReadProbeOptions {
  readonly endpoint: Endpoint
  readonly clock: () => number
  readonly readers?: number
  readonly everyMs?: number
  readonly timeoutMs?: number
  /** A new connection after so many reads, so that the routes of new clients are seen, too. */
  readonly readsPerSession?: number
}

/** Clients that read through the read endpoint and note who answered. */
export class ReadProbe implements AsyncDisposable {
  readonly records: ReadRecord[] = []
  /** What the server or the network said last against a read, for messages. */
  lastFailure = ''
  readonly #options: ReadProbeOptions
  readonly #stop = new AbortController()
  readonly #readers: readonly Promise<void>[]

  constructor(options: ReadProbeOptions) {
    this.#options = options
    this.#readers = Array.from({ length: options.readers ?? 2 }, () => this.#read())
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#readers)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #read(): Promise<void> {
    const { endpoint, clock, everyMs = 50, timeoutMs = 3000, readsPerSession = 10 } = this.#options
    const session = new ProbeSession(endpoint, timeoutMs)
    for (let count = 1; !this.#stop.signal.aborted; count++) {
      const sent = clock()
      try {
        await session.open()
        const { row } = await session.query(probeSelect)
        const server = row?.['server']
        this.records.push({
          sent,
          ended: clock(),
          ok: true,
          ...(typeof server === 'string' ? { server } : {}),
        })
      } catch (error) {
        this.lastFailure = String(error)
        this.records.push({ sent, ended: clock(), ok: false, error: outcomeOf(error).error })
      }
      if (count % readsPerSession === 0) session.close()
      await sleep(everyMs, undefined, { signal: this.#stop.signal }).catch(() => undefined)
    }
    session.close()
  }
}
