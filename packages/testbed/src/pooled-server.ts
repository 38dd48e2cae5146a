import pg from 'pg'
import { afterAll, beforeAll, describe } from 'vitest'
import { ThrowawayServer, type ServerOptions } from './throwaway-server.ts'

/** The oldest and the newest PostgreSQL that the libraries for applications are for. */
export const testedMajors = [15, 18] as const

/** A server for a suite with a pool, and names for schemas that nobody else has. */
export class PooledServer {
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

  newSchemaName(): string {
    return `s${++this.#schemas}`
  }

  async close(): Promise<void> {
    await this.pool.end()
    await this.server[Symbol.asyncDispose]()
  }
}

export type SuiteOptions = ServerOptions & { readonly only?: readonly (15 | 18)[] }

/** Runs a suite on a server of each major, made by `open` before it and closed after it. */
export function suiteOnServers<S extends PooledServer>(
  open: (server: ThrowawayServer) => S,
  name: string,
  suite: (server: () => S) => void,
  options: SuiteOptions = {},
): void {
  describe.each(options.only ?? testedMajors)(`${name} on PostgreSQL %i`, (major) => {
    let running: S | undefined
    beforeAll(async () => {
      running = open(await ThrowawayServer.start({ ...options, major }))
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
