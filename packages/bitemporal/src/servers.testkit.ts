import { PooledServer, suiteOnServers, type SuiteOptions } from '@pgherd/testbed/pooled-server.ts'
import { BitemporalStore, type BitemporalStoreOptions } from './bitemporal-store.ts'
import type { FactShape } from './fact.ts'
import { install } from './schema/install.ts'

/** A server for a suite, and stores in schemas of their own. */
export class StoreServer extends PooledServer {
  /** A store in a new schema. */
  async newStore<S extends FactShape = FactShape>(
    options: Partial<BitemporalStoreOptions> = {},
  ): Promise<{ store: BitemporalStore<S>; schema: string }> {
    const schema = options.schema ?? this.newSchemaName()
    await install(this.pool, { schema })
    return { store: this.open<S>({ ...options, schema }), schema }
  }

  /** A store in a schema that exists: what another process would have. */
  open<S extends FactShape = FactShape>(options: Partial<BitemporalStoreOptions>): BitemporalStore<S> {
    return new BitemporalStore<S>({ pool: this.pool, ...options })
  }

  /** Has a store's recorded time come from a clock of the test's: an SQL expression. */
  async setClock(schema: string, expression: string): Promise<void> {
    await this.pool.query(
      `create or replace function ${schema}.clock() returns timestamptz language sql volatile as $clock$ select ${expression} $clock$`,
    )
  }
}

/** Runs a suite on a server of each major. */
export function onServers(
  name: string,
  suite: (server: () => StoreServer) => void,
  options: SuiteOptions = {},
): void {
  suiteOnServers((server) => new StoreServer(server), name, suite, options)
}
