import { userInfo } from 'node:os'
import { writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Major } from '../../../testbed/src/postgres-programs.ts'
import { ThrowawayServer } from '../../../testbed/src/throwaway-server.ts'
import { unprivilegedAccount } from '../../../testbed/src/unprivileged.ts'
import type { BackupRecord } from '../../src/backup/catalogue.ts'
import { parseLsn } from '../../src/backup/lsn.ts'
import type { Repository } from '../../src/backup/repository.ts'
import { generateBackupKey } from '../../src/backup/sealing/registry.ts'
import { WalReceiver } from '../../src/backup/stream/wal-receiver.ts'
import { runBackup } from '../../src/operations/backup.ts'
import type { OperationContext } from '../../src/operations/context.ts'
import { openRepositoryOf } from '../../src/operations/open-repository.ts'
import { walArchiving } from '../../src/operations/wal-archiving.ts'
import { specSchema, type SpecInput } from '../../src/spec/schema.ts'
import type { RunAs } from '../../src/topology/host-facts.ts'
import { layOut, homeOf, type Member } from '../../src/topology/topology.ts'

export interface WorldOptions {
  readonly major: Major
  readonly settings?: Readonly<Record<string, string>>
  readonly backups?: NonNullable<SpecInput['backups']>
}

/** A live server with a repository, its WAL being archived, and everything an operation needs to know of it. */
export class World implements AsyncDisposable {
  readonly server: ThrowawayServer
  readonly context: OperationContext
  readonly repository: Repository
  readonly reports: readonly string[]
  #receiver: WalReceiver | undefined

  private constructor(
    server: ThrowawayServer,
    context: OperationContext,
    repository: Repository,
    reports: string[],
  ) {
    this.server = server
    this.context = context
    this.repository = repository
    this.reports = reports
  }

  static async create(options: WorldOptions): Promise<World> {
    const { major, settings = {}, backups = { encryption: 'none' } } = options
    const account = unprivilegedAccount()
    const runAs: RunAs = { ...account, home: '/tmp' }
    const { username, uid, gid } = userInfo()
    const invoker: RunAs = { name: username, uid, gid, home: '/tmp' }
    const server = await ThrowawayServer.start({
      major,
      settings,
      hba: [
        'local all postgres,pgherd_replication peer map=pgherd',
        'local replication pgherd_replication peer map=pgherd',
        'host all all 127.0.0.1/32 scram-sha-256',
      ],
    })
    const idents = [username, account.name].flatMap((name) =>
      ['postgres', 'pgherd_replication'].map((role) => `pgherd ${name} ${role}\n`),
    )
    writeFileSync(join(server.data, 'pg_ident.conf'), idents.join(''))
    await server.query('select pg_reload_conf()')
    await server.query('create role pgherd_replication login replication')
    const spec = specSchema.parse({ name: 'world', postgres: { version: major, port: server.port }, backups })
    const topology = layOut(spec, { state: server.root, sockets: server.root })
    const key = await generateBackupKey()
    const reports: string[] = []
    const context: OperationContext = {
      spec,
      topology,
      member: homeOf(topology),
      facts: {
        platform: process.platform,
        arch: process.arch,
        memoryBytes: 2 ** 30,
        cpus: 2,
        volumes: { data: { totalBytes: 0, freeBytes: 0 }, repository: { totalBytes: 0, freeBytes: 0 } },
        runAs,
        invoker,
        programs: {},
        postgres: {
          flavour: 'path',
          major,
          version: `${major}.0`,
          bin: server.bin,
          tools: {},
          extensions: [],
        },
      },
      readSecret: () => Promise.resolve(key),
      report: (message) => void reports.push(message),
      signal: new AbortController().signal,
      now: () => new Date(),
    }
    const world = new World(server, context, await openRepositoryOf(context), reports)
    world.archive()
    return world
  }

  get member(): Member {
    return this.context.member
  }

  /** Starts archiving WAL, as the agent does. */
  archive(): void {
    this.#receiver = new WalReceiver(walArchiving(this.context, this.repository))
    this.#receiver.start()
  }

  async stopArchiving(): Promise<void> {
    await this.#receiver?.stop()
    this.#receiver = undefined
  }

  /** Flips one bit in the middle of a stored file of a backup. */
  async damage(backup: BackupRecord): Promise<void> {
    const path = join(this.repository.root, 'base', backup.id, backup.files[0]?.name ?? '')
    const bytes = await readFile(path)
    const at = Math.floor(bytes.length / 2)
    bytes[at] = (bytes[at] ?? 0) ^ 1
    await writeFile(path, bytes)
  }

  async backup(): Promise<BackupRecord> {
    return (await runBackup(this.context)).record
  }

  /** Waits until everything committed so far is in the repository; gives the position. */
  async archived(): Promise<string> {
    // A commit that wrote something is flushed, and everything before it; restore points by themselves are not.
    await this.server.query(`select pg_logical_emit_message(true, 'pgherd', '')`)
    const { rows } = await this.server.query('select pg_current_wal_flush_lsn()::text as lsn')
    const lsn = String((rows[0] as { lsn: string }).lsn)
    await this.#receiver?.waitForArchived(parseLsn(lsn), 30_000)
    return lsn
  }

  /** Server clock, with a moment before and after it in which nothing is committed. */
  async moment(): Promise<Date> {
    await sleep(30)
    const { rows } = await this.server.query('select clock_timestamp() as now')
    await sleep(30)
    return (rows[0] as { now: Date }).now
  }

  async count(table: string): Promise<number> {
    const { rows } = await this.server.query(`select count(*)::int as n from ${table}`)
    return (rows[0] as { n: number }).n
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopArchiving()
    await this.server[Symbol.asyncDispose]()
  }
}

/**
 * Sessions that change random rows of `account` in small transactions, every third without waiting for its commit to
 * be flushed, so that commits become visible in another order than they are written. One prepares its transactions when
 * the server has max_prepared_transactions.
 */
export class Writers implements AsyncDisposable {
  #stopping = false
  commits = 0
  readonly #sessions: Promise<void>[]

  constructor(server: ThrowawayServer, sessions = 10) {
    this.#sessions = Array.from({ length: sessions }, (_, index) => this.#write(server, index))
  }

  static async prepare(server: ThrowawayServer, rows = 500): Promise<void> {
    await server.query('create table account (id int primary key, balance bigint not null)')
    await server.query('insert into account select g, 0 from generate_series(1, $1::int) g', [rows])
    await server.query('create table entry (id bigserial primary key, account int, amount int, note text)')
  }

  async #write(server: ThrowawayServer, index: number): Promise<void> {
    const client: pg.Client = await server.connect()
    if (index % 3 === 0) await client.query('set synchronous_commit = off')
    const prepared = await client.query<{ most: string }>(
      `select current_setting('max_prepared_transactions') as most`,
    )
    const twoPhase = index === 1 && prepared.rows[0]?.most !== '0'
    const random = (below: number): number => 1 + Math.floor(Math.random() * below)
    while (!this.#stopping) {
      const account = random(500)
      await client.query('update account set balance = balance + 1 where id = $1', [account])
      if (twoPhase) {
        await client.query('begin')
        await client.query('update account set balance = balance + 1 where id = $1', [random(500)])
        await client.query(`prepare transaction 'writer'`)
        await client.query(`commit prepared 'writer'`)
      }
      if (this.commits % 5 === 0) {
        await client.query('begin')
        await client.query('insert into entry (account, amount, note) values ($1, $2, $3)', [
          account,
          random(99),
          'x'.repeat(random(200)),
        ])
        await client.query('savepoint one')
        await client.query('delete from entry where id = $1', [random(1000)])
        await client.query(random(10) === 1 ? 'rollback' : 'commit')
      }
      this.commits += 1
    }
    await client.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#sessions)
  }
}
