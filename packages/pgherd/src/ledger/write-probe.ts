import { setTimeout as sleep } from 'node:timers/promises'
import type { Ledger } from './ledger-file.ts'
import { outcomeOf, waitWasCanceled } from './outcome.ts'
import { ProbeSession, type Endpoint } from './probe-session.ts'
import { probeInsert } from './probe-table.ts'

export interface WriteProbeOptions {
  readonly endpoint: Endpoint
  readonly ledger: Ledger
  /** Seconds of the history's monotonic clock. */
  readonly clock: () => number
  readonly now: () => Date
  readonly writers?: number
  readonly everyMs?: number
  /** Patience of a client: after it the connection is cut and the write is unknown. */
  readonly timeoutMs?: number
}

/** First pause after an error, doubled up to the longest; a write that succeeds resets it. */
const shortestPauseMs = 20
const longestPauseMs = 200

/**
 * Clients that write one row each every few milliseconds and note in the ledger what became of it. A failed write is
 * never sent again under its id: a client that does so cannot tell a double from a retry.
 */
export class WriteProbe implements AsyncDisposable {
  /** What the server or the network said last against a write, for messages. */
  lastFailure = ''
  readonly #options: WriteProbeOptions
  readonly #stop = new AbortController()
  readonly #writers: readonly Promise<void>[]

  constructor(options: WriteProbeOptions) {
    this.#options = options
    this.#writers = Array.from({ length: options.writers ?? 4 }, (_, writer) => this.#write(writer))
  }

  /** Ends after the statements under way have their answer. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#writers)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #write(writer: number): Promise<void> {
    const { endpoint, ledger, clock, now, everyMs = 25, timeoutMs = 3000 } = this.#options
    const session = new ProbeSession(endpoint, timeoutMs)
    let pauseMs = shortestPauseMs
    for (let sequence = 0; !this.#stop.signal.aborted; sequence++) {
      const started = clock()
      const record = {
        id: `${writer}-${sequence}`,
        writer,
        sequence,
        sent: started,
        sentAt: now().toISOString(),
      }
      try {
        await session.open()
      } catch (error) {
        this.lastFailure = String(error)
        // nothing was sent, so nothing can be there
        ledger.ended({ ...record, ended: clock(), outcome: 'failed', error: outcomeOf(error).error })
        await this.#pause(pauseMs)
        pauseMs = Math.min(pauseMs * 2, longestPauseMs)
        continue
      }
      const sent = { ...record, sent: clock(), sentAt: now().toISOString() }
      ledger.sent(sent)
      try {
        const { row, notices } = await session.query(probeInsert, [record.id])
        const canceled = notices.some((message) => waitWasCanceled({ message }))
        ledger.ended({
          ...sent,
          ended: clock(),
          outcome: canceled ? 'unknown' : 'acknowledged',
          ...(typeof row?.['server'] === 'string' ? { server: row['server'] } : {}),
          ...(typeof row?.['timeline'] === 'string'
            ? { timeline: Number.parseInt(row['timeline'], 16) }
            : {}),
          ...(row?.['lsn'] === undefined ? {} : { lsn: Number(row['lsn']) }),
        })
        pauseMs = shortestPauseMs
        await this.#pause(everyMs - (clock() - started) * 1000)
      } catch (error) {
        this.lastFailure = String(error)
        ledger.ended({ ...sent, ended: clock(), ...outcomeOf(error) })
        await this.#pause(pauseMs)
        pauseMs = Math.min(pauseMs * 2, longestPauseMs)
      }
    }
    session.close()
  }

  async #pause(ms: number): Promise<void> {
    if (ms <= 0) return
    await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined)
  }
}
