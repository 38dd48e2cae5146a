import type pg from 'pg'
import { PooledServer, suiteOnServers, type SuiteOptions } from '@pgherd/testbed/pooled-server.ts'
import type { EventShape } from './event.ts'
import type { EventStoreOptions } from './event-store-options.ts'
import { EventStore } from './event-store.ts'
import { install } from './schema/install.ts'

/** A server for a suite, and stores in schemas of their own, closed with it. */
export class StoreServer extends PooledServer {
  readonly #open: { close(): Promise<void> }[] = []

  /** A store in a new schema. */
  async newStore<E extends EventShape = EventShape>(
    options: Partial<EventStoreOptions<E>> = {},
  ): Promise<{ store: EventStore<E>; schema: string }> {
    const schema = options.schema ?? this.newSchemaName()
    await install(this.pool, { schema })
    return { store: this.open<E>({ ...options, schema }), schema }
  }

  /** A store in a schema that exists: what another process would have. */
  open<E extends EventShape = EventShape>(options: Partial<EventStoreOptions<E>>): EventStore<E> {
    const store = new EventStore<E>({ pool: this.pool, ...options })
    this.#open.push(store)
    return store
  }

  /** A pool, and the statements that were sent with it; but not what tells others of new events. */
  newSpiedPool(): { pool: pg.Pool; sent: string[] } {
    const pool = this.newPool()
    const sent: string[] = []
    pool.on('connect', (client) => {
      const query = client.query.bind(client) as (...args: unknown[]) => unknown
      client.query = ((...args: [string | { text: string }, ...unknown[]]) => {
        const text = typeof args[0] === 'string' ? args[0] : args[0].text
        if (!text.includes('pg_notify')) sent.push(text)
        return query(...args)
      }) as typeof client.query
    })
    return { pool, sent }
  }

  override async close(): Promise<void> {
    await Promise.allSettled(this.#open.map((store) => store.close()))
    await super.close()
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
