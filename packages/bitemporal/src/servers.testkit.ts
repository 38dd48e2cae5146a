import { ThrowawayServer, type ServerOptions } from '@pgherd/testbed/throwaway-server.ts'
import pg from 'pg'
import { afterAll, beforeAll, describe } from 'vitest'
import { BitemporalStore, type BitemporalStoreOptions } from './bitemporal-store.ts'
import type { FactShape } from './fact.ts'
import { install } from './schema/install.ts'

/** The oldest and the newest PostgreSQL that the library is for. */
export const testedMajors = [15, 18] as const

/** A server for a suite, and stores in schemas of their own. */
export class StoreServer {
  readonly server: ThrowawayServer
  readonly pool: pg.Pool
  #schemas = 0

  constructor(server: ThrowawayServer) {
    this.server = server
    this.pool = this.newPool()
  }

  newPool(config: pg.PoolConfig = {}): pg.Pool {
    const pool = new pg.Pool({ ...this.server.config(), max: 10, ...config })
    pool.on('error', () => undefined)
    return pool
  }

  /** A store in a new schema. */
  async newStore<S extends FactShape = FactShape>(
    options: Partial<BitemporalStoreOptions> = {},
  ): Promise<{ store: BitemporalStore<S>; schema: string }> {
    const schema = options.schema ?? `s${++this.#schemas}`
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

  async close(): Promise<void> {
    await this.pool.end()
    await this.server[Symbol.asyncDispose]()
  }
}

/** Runs a suite on a server of each major. */
export function onServers(
  name: string,
  suite: (server: () => StoreServer) => void,
  options: ServerOptions & { readonly only?: readonly (15 | 18)[] } = {},
): void {
  describe.each(options.only ?? testedMajors)(`${name} on PostgreSQL %i`, (major) => {
    let running: StoreServer | undefined
    beforeAll(async () => {
      running = new StoreServer(await ThrowawayServer.start({ ...options, major }))
    })
    afterAll(async () => {
      await running?.close()
    })
    suite(() => {
      if (!running) throw new Error('the server has not started')
      return running
    })
  })
}

/** Everything that an iterator yields. */
export async function all<T>(iterator: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of iterator) items.push(item)
  return items
}
