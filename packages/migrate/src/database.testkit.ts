import { ThrowawayServer } from '@pgherd/testbed/throwaway-server.ts'
import pg from 'pg'
import { embedMigrations } from './source/embed-migrations.ts'
import type { Migration } from './source/migration.ts'

/** A server of one major that gives each test a database of its own. */
export class Databases implements AsyncDisposable {
  readonly server: ThrowawayServer
  #made = 0
  readonly #pools: pg.Pool[] = []

  private constructor(server: ThrowawayServer) {
    this.server = server
  }

  static async start(major: 15 | 18, settings: Record<string, string> = {}): Promise<Databases> {
    return new Databases(
      await ThrowawayServer.start({
        major,
        settings: { autovacuum: 'off', full_page_writes: 'off', ...settings },
      }),
    )
  }

  /** A pool on a new database. */
  async pool(max = 10): Promise<pg.Pool> {
    const name = `d${(this.#made += 1)}`
    await this.server.query(`create database ${name}`)
    return this.poolOn(name, max)
  }

  poolOn(name: string, max = 10): pg.Pool {
    const pool = new pg.Pool({ ...this.server.config(name), max })
    pool.on('error', () => undefined)
    this.#pools.push(pool)
    return pool
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // a test that failed may not have given back its client, and end() would wait for it
    for (const pool of this.#pools) if (!pool.ending) void pool.end()
    await this.server[Symbol.asyncDispose]()
  }
}

/** Migrations numbered from 1, one for each text; a text with a down part carries it as dbmate does. */
export function numbered(...texts: string[]): readonly Migration[] {
  return embedMigrations(
    Object.fromEntries(texts.map((text, index) => [`${index + 1}_m${index + 1}.sql`, text])),
  )
}

/** An up and a down text in one file. */
export function both(up: string, down: string): string {
  return `-- migrate:up\n${up}\n-- migrate:down\n${down}`
}

/** Names of the tables in schema public. */
export async function tablesOf(pool: pg.Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`,
  )
  return rows.map(({ name }) => name)
}

/** The codes of the error a promise rejects with. */
export async function codesOf(promise: Promise<unknown>): Promise<readonly string[]> {
  try {
    await promise
  } catch (error) {
    const diagnostics = (error as { diagnostics?: readonly { code: string }[] }).diagnostics
    if (diagnostics) return diagnostics.map(({ code }) => code)
    throw error
  }
  return []
}
