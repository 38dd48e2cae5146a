import pg from 'pg'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ThrowawayServer } from '../../../testbed/src/throwaway-server.ts'
import { unprivilegedAccount } from '../../../testbed/src/unprivileged.ts'
import { contents } from './restored.ts'
import type { Repository } from '../../src/backup/repository.ts'
import { openRepository } from '../../src/backup/repository/open-repository.ts'
import { formatSegment, parseSegment } from '../../src/backup/wal-names.ts'
import { generateBackupKey, openSealing, type SealingKind } from '../../src/backup/sealing/registry.ts'
import {
  connectReplication,
  type ReplicationConnection,
} from '../../src/backup/stream/replication-connection.ts'

/** A function that opens replication connections to a server of the testbed. */
export function connector(server: ThrowawayServer): (signal?: AbortSignal) => Promise<ReplicationConnection> {
  const { password } = server.config()
  return (signal) =>
    connectReplication(
      {
        host: '127.0.0.1',
        port: server.port,
        user: 'postgres',
        applicationName: 'pgherd_wal',
        ...(typeof password === 'string' && { password }),
      },
      signal,
    )
}

/** A repository in a directory of its own, removed at the end. */
export class TemporaryRepository implements AsyncDisposable {
  readonly repository: Repository
  readonly root: string
  readonly key: string

  private constructor(repository: Repository, root: string, key: string) {
    this.repository = repository
    this.root = root
    this.key = key
  }

  static async for(
    server: ThrowawayServer,
    kind: SealingKind = 'none',
    root?: string,
  ): Promise<TemporaryRepository> {
    const directory = root ?? (await mkdtemp(join(tmpdir(), 'pgrepo-')))
    const key = kind === 'none' ? '' : await generateBackupKey()
    const { rows } = await server.query('select system_identifier::text as id from pg_control_system()')
    const systemId = String((rows[0] as { id: string }).id)
    const { name, uid, gid } = unprivilegedAccount()
    const repository = await openRepository({
      root: join(directory, 'repository'),
      systemId,
      name: 'test',
      sealing: openSealing(kind, key),
      owner: { name, uid, gid, home: directory },
    })
    return new TemporaryRepository(repository, directory, key)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true })
  }
}

/** Waits until `holds` gives something, at most `seconds`. */
export async function until<T>(
  what: string,
  holds: () => T | undefined | Promise<T | undefined>,
  seconds = 30,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000
  for (;;) {
    const value = await holds()
    if (value !== undefined && value !== false) return value
    if (performance.now() > deadline) throw new Error(`waited ${seconds} s in vain for ${what}`)
    await sleep(50)
  }
}

/** Rows written by several sessions at once, each committed on its own; `acknowledged` are those the server confirmed. */
export class WriteLoad {
  readonly acknowledged: number[] = []
  #next = 1
  #stopping = false
  readonly #writers: Promise<void>[]

  constructor(server: ThrowawayServer, sessions = 4) {
    this.#writers = Array.from({ length: sessions }, () => this.#write(server))
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#writers)
  }

  async #write(server: ThrowawayServer): Promise<void> {
    while (!this.#stopping) {
      try {
        const client = await server.connect()
        try {
          while (!this.#stopping) {
            const id = this.#next++
            await client.query(
              'insert into ledger select i, repeat(md5(i::text), 20) from (select $1::bigint as i) as one',
              [id],
            )
            this.acknowledged.push(id)
          }
        } finally {
          await client.end()
        }
      } catch (error) {
        // A server that is away is part of the tests; a statement it refuses is a mistake in one (SQLSTATE class 42).
        if (error instanceof pg.DatabaseError && error.code?.startsWith('42') === true) throw error
        await sleep(50)
      }
    }
  }
}

/** Segments of the archive that differ from the server's own, by name; compares all that are still in pg_wal. */
export async function differingSegments(
  repository: Repository,
  server: ThrowawayServer,
): Promise<{ compared: number; differing: string[] }> {
  const differing: string[] = []
  let compared = 0
  const { segments, partial } = await repository.wal()
  const names = [...segments.values()].flat()
  for (const name of names) {
    compared++
    const own = await readFile(join(server.data, 'pg_wal', name))
    const archived = await contents(repository, `wal/${name.slice(0, 8)}/${name}`)
    // the last segment of a timeline that was left is filled up with zeros
    const isLeft = [...segments.values()].some((each) => each.at(-1) === name)
    const end = isLeft ? lastByte(archived) : archived.length
    if (!own.subarray(0, end).equals(archived.subarray(0, end))) differing.push(name)
  }
  if (partial) {
    const own = await readFile(join(server.data, 'pg_wal', partial.segment))
    const archived = await contents(
      repository,
      `wal/${partial.segment.slice(0, 8)}/${partial.segment}.partial`,
    )
    const end = archived.length === own.length ? lastByte(archived) : archived.length
    if (!own.subarray(0, end).equals(archived.subarray(0, end))) differing.push(`${partial.segment}.partial`)
  }
  return { compared, differing }
}

function lastByte(bytes: Buffer): number {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  return end
}

/** Names missing between the first and the last archived segment of a timeline. */
export function holes(names: readonly string[]): string[] {
  const size = 1 << 24
  const [first, last] = [names[0], names.at(-1)].map((name) => parseSegment(name ?? '', size))
  const missing: string[] = []
  for (let number = first?.number ?? 0n; first && number < (last?.number ?? 0n); number++) {
    const name = formatSegment({ timeline: first.timeline, number }, size)
    if (!names.includes(name)) missing.push(name)
  }
  return missing
}
