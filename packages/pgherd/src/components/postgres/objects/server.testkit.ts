import { randomBytes } from 'node:crypto'
import { ThrowawayServer } from '@pgherd/testbed/throwaway-server.ts'
import pg from 'pg'
import { expect } from 'vitest'
import { scramVerifier } from '../../../secrets/scram.ts'
import type { SpecInput } from '../../../spec/schema.ts'
import { specSchema } from '../../../spec/schema.ts'
import type { Major } from './access-level.ts'
import type { SqlProbe } from './cluster-probe.ts'
import { declareObjects, type DeclaredObjects } from './declared.ts'
import { diffObjects, type Difference, type ObjectChange } from './diff.ts'
import { observeObjects } from './observe.ts'
import type { ObservedObjects } from './observed.ts'

/** initdb as pgherd runs it. */
export function startServer(major: Major, settings: Record<string, string> = {}): Promise<ThrowawayServer> {
  const initdb = major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : []
  return ThrowawayServer.start({ major, initdb, settings })
}

export function declare(major: Major, spec: Omit<SpecInput, 'name'>): DeclaredObjects {
  return declareObjects(
    specSchema.parse({ name: 'test', ...spec, postgres: { ...spec.postgres, version: major } }),
  )
}

/** Every role's password in these tests. */
export function passwordOf(role: string): string {
  return `password of ${role}`
}

/** A server with connections kept open, observed and changed the way hosts and apply do. */
export class ObjectServer implements AsyncDisposable {
  readonly server: ThrowawayServer
  readonly #clients = new Map<string, pg.Client>()

  constructor(server: ThrowawayServer) {
    this.server = server
  }

  static async start(major: Major, settings: Record<string, string> = {}): Promise<ObjectServer> {
    return new ObjectServer(await startServer(major, settings))
  }

  /** A superuser's connection. */
  async admin(database = 'postgres'): Promise<pg.Client> {
    const open = this.#clients.get(database)
    if (open) return open
    const client = await this.server.connect(database)
    await client.query('set search_path = pg_catalog')
    this.#clients.set(database, client)
    return client
  }

  /** A login with the role's password. */
  async login(role: string, database: string): Promise<pg.Client & AsyncDisposable> {
    const client = new pg.Client({ ...this.server.config(database), user: role, password: passwordOf(role) })
    client.on('error', () => undefined)
    await client.connect()
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
  }

  async observe(declared: DeclaredObjects): Promise<ObservedObjects> {
    const byRole = new Map(declared.roles.map(({ name }) => [name, passwordOf(name)]))
    const ask = async <F>(probe: SqlProbe<F>): Promise<F> =>
      probe.parse((await (await this.admin(probe.database)).query(probe.text)).rows)
    return observeObjects(ask, declared, { byRole, unreadable: new Set() })
  }

  async diff(declared: DeclaredObjects, appliedBefore?: DeclaredObjects): Promise<Difference> {
    return diffObjects(declared, await this.observe(declared), {
      major: declared.major,
      ...(appliedBefore ? { appliedBefore } : {}),
    })
  }

  async apply(changes: readonly ObjectChange[]): Promise<void> {
    for (const { database, statements } of changes) {
      const client = await this.admin(database)
      const alone = statements.some((statement) => statement.alone)
      if (!alone) await client.query('begin')
      for (const { text } of statements) {
        await client.query(
          text.replaceAll(/\{\{scram:role-([^{}]+)\}\}/g, (_gap, role: string) =>
            scramVerifier(passwordOf(decodeURIComponent(role)), randomBytes(16)),
          ),
        )
      }
      if (!alone) await client.query('commit')
    }
  }

  /** Applies everything, as the first `up` does, and checks that nothing is left to do. */
  async up(declared: DeclaredObjects, appliedBefore?: DeclaredObjects): Promise<Difference> {
    const difference = await this.diff(declared, appliedBefore)
    await this.apply(difference.changes)
    const { changes } = await this.diff(declared, declared)
    expect(changes).toEqual([])
    return difference
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) await client.end()
    this.#clients.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
    await this.server[Symbol.asyncDispose]()
  }
}
