import type { PrimarySample, ReadRecord, WriteRecord } from '../../ledger/history.ts'
import { Ledger } from '../../ledger/ledger-file.ts'
import { PrimarySampler } from '../../ledger/primary-sampler.ts'
import { ReadProbe } from '../../ledger/read-probe.ts'
import { WriteProbe } from '../../ledger/write-probe.ts'
import { serverSites, type DrillWorld } from './world.ts'

/** The probes of one run: clients that write and read, and someone who asks every member whether it takes writes. */
export class Watch implements AsyncDisposable {
  /** Seconds of a monotonic clock. */
  readonly clock: () => number = () => performance.now() / 1000
  readonly #ledger: Ledger
  readonly #writes: WriteProbe
  readonly #reads: ReadProbe
  readonly #sampler: PrimarySampler

  constructor(world: DrillWorld, ledgerPath: string) {
    const { endpoints, now } = world
    const { clock } = this
    this.#ledger = Ledger.create(ledgerPath)
    this.#writes = new WriteProbe({ endpoint: endpoints.write, ledger: this.#ledger, clock, now })
    this.#reads = new ReadProbe({ endpoint: endpoints.read, clock })
    const members = serverSites(world).map(({ member }) => ({
      name: member.name,
      endpoint: endpoints.member(member),
    }))
    this.#sampler = new PrimarySampler(members, clock)
  }

  /** True when writes and reads have succeeded without a pause of half a second for so long. */
  steady(seconds: number): boolean {
    const until = this.clock()
    return (
      flows(
        this.#ledger.records().filter(({ outcome }) => outcome === 'acknowledged'),
        until,
        seconds,
      ) &&
      flows(
        this.#reads.records.filter(({ ok }) => ok),
        until,
        seconds,
      )
    )
  }

  /** What was said last against a write and against a read. */
  failures(): readonly string[] {
    return [this.#writes.lastFailure, this.#reads.lastFailure].filter((text) => text !== '')
  }

  /** Ends the probes; the last statements get their answers. */
  async stop(): Promise<{
    writes: readonly WriteRecord[]
    reads: readonly ReadRecord[]
    samples: readonly PrimarySample[]
  }> {
    await Promise.all([this.#writes.stop(), this.#reads.stop(), this.#sampler.stop()])
    return { writes: this.#ledger.records(), reads: this.#reads.records, samples: this.#sampler.samples }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    this.#ledger[Symbol.dispose]()
  }
}

const longestPause = 0.5

function flows(records: readonly { readonly ended?: number }[], until: number, seconds: number): boolean {
  const moments = records.flatMap(({ ended }) =>
    ended !== undefined && ended >= until - seconds ? [ended] : [],
  )
  const points = [until - seconds, ...moments.sort((a, b) => a - b), until]
  return points.every((point, index) => index === 0 || point - (points[index - 1] ?? 0) <= longestPause)
}
