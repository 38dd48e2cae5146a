import pg from 'pg'
import { afterAll, beforeAll, describe } from 'vitest'
import { ThrowawayServer, type ServerOptions } from './throwaway-server.ts'
import { startTimescale } from './timescale-server.ts'

/** The oldest and the newest PostgreSQL that the libraries for applications are for. */
export const testedMajors = [15, 18] as const

/** A server for a suite with a pool, and names for schemas that nobody else has. */
export class PooledServer {
  readonly server: ThrowawayServer
  /** Whether the extension is in the database. */
  readonly hasTimescale: boolean
  readonly pool: pg.Pool
  #schemas = 0

  constructor(server: ThrowawayServer, hasTimescale = false) {
    this.server = server
    this.hasTimescale = hasTimescale
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

/** The first start with TimescaleDB on a machine fetches it, perhaps through a slow line. */
const firstStartMs = 300_000

export type SuiteOptions = ServerOptions & {
  readonly only?: readonly (15 | 18)[]
  /** Whether the suite runs on a server with TimescaleDB too. */
  readonly timescale?: boolean
}

/** Runs a suite on a server of each major, made by `open` before it and closed after it. */
export function suiteOnServers<S extends PooledServer>(
  open: (server: ThrowawayServer, hasTimescale: boolean) => S,
  name: string,
  suite: (server: () => S) => void,
  options: SuiteOptions = {},
): void {
  const { only = testedMajors, timescale = false, ...settings } = options
  const kinds: [string, boolean, () => Promise<ThrowawayServer>][] = only.map((major) => [
    `PostgreSQL ${major}`,
    false,
    () => ThrowawayServer.start({ ...settings, major }),
  ])
  if (timescale) kinds.push(['TimescaleDB', true, () => startTimescale(settings)])
  describe.each(kinds)(`${name} on %s`, (_, hasTimescale, start) => {
    let running: S | undefined
    beforeAll(
      async () => {
        running = open(await start(), hasTimescale)
      },
      hasTimescale ? firstStartMs : undefined,
    )
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
