import { setTimeout as sleep } from 'node:timers/promises'
import type { PrimarySample } from './history.ts'
import { ProbeSession, type Endpoint } from './probe-session.ts'

export interface SampledMember {
  readonly name: string
  /** Straight to the member: neither router nor pool may hide a second primary. */
  readonly endpoint: Endpoint
}

/** A member that is away or frozen is asked again this often. */
const timeoutMs = 2000
const everyMs = 100

/** The timeline of the control file lags behind a promotion; that of the WAL being written does not. */
const question = `SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off' AS writable,
 CASE WHEN pg_is_in_recovery() THEN NULL ELSE substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) END AS timeline,
 to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') AS started`

/** Asks every member ten times a second, at its own address, whether it takes writes. */
export class PrimarySampler implements AsyncDisposable {
  readonly samples: PrimarySample[] = []
  readonly #stop = new AbortController()
  readonly #members: readonly Promise<void>[]

  constructor(members: readonly SampledMember[], clock: () => number) {
    this.#members = members.map((member) => this.#sample(member, clock))
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#members)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #sample({ name, endpoint }: SampledMember, clock: () => number): Promise<void> {
    const session = new ProbeSession(endpoint, timeoutMs)
    while (!this.#stop.signal.aborted) {
      let asked = clock()
      try {
        await session.open()
        asked = clock()
        const { row } = await session.query(question)
        const timeline = row?.['timeline']
        this.samples.push({
          member: name,
          asked,
          answered: clock(),
          writable: row?.['writable'] === true,
          ...(typeof timeline === 'string' ? { timeline: Number.parseInt(timeline, 16) } : {}),
          ...(typeof row?.['started'] === 'string' ? { started: row['started'] } : {}),
        })
      } catch {
        this.samples.push({ member: name, asked, answered: clock() })
      }
      await sleep(everyMs, undefined, { signal: this.#stop.signal }).catch(() => undefined)
    }
    session.close()
  }
}
