import { PooledServer, suiteOnServers, type SuiteOptions } from '@pgherd/testbed/pooled-server.ts'
import { BitemporalStore, type BitemporalStoreOptions } from './bitemporal-store.ts'
import type { FactShape } from './fact.ts'
import type { HistoryPartitions } from './partition/history-partitions.ts'
import type { StorageKind } from './partition/history-storage.ts'
import { install } from './schema/install.ts'

/** A server for a suite, and stores in schemas of their own. */
export class StoreServer extends PooledServer {
  /** A store in a new schema. */
  async newStore<S extends FactShape = FactShape>({
    storage,
    ...options
  }: Partial<BitemporalStoreOptions> & { storage?: StorageKind } = {}): Promise<{
    store: BitemporalStore<S>
    schema: string
  }> {
    const schema = options.schema ?? this.newSchemaName()
    await install(this.pool, { schema, ...(storage && { storage }) })
    return { store: this.open<S>({ ...options, schema }), schema }
  }

  /** A store in a schema that exists: what another process would have. */
  open<S extends FactShape = FactShape>(options: Partial<BitemporalStoreOptions>): BitemporalStore<S> {
    return new BitemporalStore<S>({ pool: this.pool, ...options })
  }

  /** How often a property is tried: where the server is one more for the same code, less often. */
  runs(usual: number): number {
    return Number(process.env['BITEMPORAL_RUNS'] ?? (this.hasTimescale ? Math.ceil(usual / 4) : usual))
  }

  /** Has a clock of the test's go on by a step whenever it is asked, and a hypertable begin a chunk each day of it. */
  async setSteps(schema: string, step: string, partitions: HistoryPartitions): Promise<void> {
    await this.pool.query(`create sequence ${schema}.step`)
    await this.setClock(schema, `'2026-01-01Z'::timestamptz + nextval('${schema}.step') * interval '${step}'`)
    if (this.hasTimescale) await partitions.prepare({ every: 'day' })
  }

  /** Cuts the history at some times, which a hypertable has done where its days end; the names of the parts before the last of them. */
  async cut(partitions: HistoryPartitions, ends: readonly string[]): Promise<readonly string[]> {
    if (this.hasTimescale)
      return (await partitions.list())
        .filter(({ recorded }) => recorded && recorded.to <= (ends.at(-1) ?? ''))
        .map(({ name }) => name)
    const names: string[] = []
    for (const [nth, to] of ends.entries())
      names.push(await partitions.create({ from: ends[nth - 1] ?? '-infinity', to }))
    return names
  }

  /** Has a store's recorded time come from a clock of the test's: an SQL expression. */
  async setClock(schema: string, expression: string): Promise<void> {
    await this.pool.query(
      `create or replace function ${schema}.clock() returns timestamptz language sql volatile as $clock$ select ${expression} $clock$`,
    )
  }
}

/** What `onServers` and its like are given. */
type Suite = (server: () => StoreServer) => void

/** Runs a suite on a server of each major. */
export function onServers(name: string, suite: Suite, options: SuiteOptions = {}): void {
  suiteOnServers((...of) => new StoreServer(...of), name, suite, options)
}

/** And on one with TimescaleDB, where histories are hypertables. */
export function onEveryServer(name: string, suite: Suite): void {
  onServers(name, suite, { timescale: true })
}

/** On the one with TimescaleDB alone. */
export function onTimescale(name: string, suite: Suite): void {
  onServers(name, suite, { only: [], timescale: true })
}
