import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from '../../../../testbed/src/free-port.ts'
import { ThrowawayServer } from '../../../../testbed/src/throwaway-server.ts'
import { unprivilegedAccount } from '../../../../testbed/src/unprivileged.ts'
import { connectReplication, type ReplicationConnection } from './replication-connection.ts'

/** A standby cloned from another server, real, stopped by its pid. */
export class Relative {
  readonly name: string
  readonly data: string
  readonly port: number
  readonly #origin: ThrowawayServer
  #process: ChildProcess | undefined

  constructor(origin: ThrowawayServer, name: string, port: number) {
    this.#origin = origin
    this.name = name
    this.port = port
    this.data = join(origin.root, name)
  }

  config(): pg.ClientConfig {
    return { ...this.#origin.config(), port: this.port }
  }

  async query(text: string): Promise<pg.QueryResult> {
    const client = new pg.Client(this.config())
    client.on('error', () => undefined)
    await client.connect()
    return client.query(text).finally(() => client.end())
  }

  async launch(): Promise<void> {
    const log = openSync(join(this.#origin.root, `${this.name}.log`), 'a')
    this.#process = spawn(join(this.#origin.bin, 'postgres'), ['-D', this.data], {
      ...identity(this.#origin.root),
      stdio: ['ignore', log, log],
    })
    for (let waited = 0; waited < 30_000; waited += 50) {
      const answered = await this.query('select 1').then(
        () => true,
        () => false,
      )
      if (answered) return
      await sleep(50)
    }
    throw new Error(`${this.name} did not start`)
  }

  /** Makes it primary; commits then wait for `synchronous`, if named. */
  async promote(synchronous = ''): Promise<void> {
    await this.query(`alter system set synchronous_standby_names = '${synchronous}'`)
    await this.query('select pg_reload_conf()')
    await this.query('select pg_promote(true, 60)')
  }

  async follow(port: number): Promise<void> {
    await this.query(
      `alter system set primary_conninfo = 'host=127.0.0.1 port=${port} user=postgres password=testbed-superuser application_name=${this.name}'`,
    )
    await this.query('select pg_reload_conf()')
  }

  async halt(signal: 'SIGQUIT' | 'SIGKILL' | 'SIGINT'): Promise<void> {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }
}

/** A server of major 15, whose programs clone, and the standbys cloned from it; `primary` is where writes go, set by the test. */
export class ServerFamily implements AsyncDisposable {
  readonly first: ThrowawayServer
  readonly relatives: Relative[] = []
  primary: { config(): pg.ClientConfig }

  private constructor(first: ThrowawayServer) {
    this.first = first
    this.primary = first
  }

  static async start(settings: Record<string, string> = {}): Promise<ServerFamily> {
    return new ServerFamily(
      await ThrowawayServer.start({ major: 15, settings: { wal_keep_size: '512MB', ...settings } }),
    )
  }

  /** Clones a streaming standby. */
  async clone(name: string, from: { config(): pg.ClientConfig } = this.first): Promise<Relative> {
    const relative = new Relative(this.first, name, await freePort())
    this.relatives.push(relative)
    const { root, bin } = this.first
    const { port, password } = from.config()
    const conninfo = `host=127.0.0.1 port=${port} user=postgres password=${String(password)} application_name=${name}`
    const program = join(bin, 'pg_basebackup')
    execFileSync(
      program,
      ['-D', relative.data, '-d', conninfo, '-R', '-X', 'stream', '-c', 'fast', '--no-sync'],
      {
        ...identity(root),
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    appendFileSync(join(relative.data, 'postgresql.conf'), `\nport = ${relative.port}\n`)
    await relative.launch()
    return relative
  }

  /** Replication connections to whoever is primary at the moment. */
  readonly connect = (signal?: AbortSignal): Promise<ReplicationConnection> =>
    this.connectTo(this.primary, signal)

  connectTo(server: { config(): pg.ClientConfig }, signal?: AbortSignal): Promise<ReplicationConnection> {
    const { port, password } = server.config()
    return connectReplication(
      {
        host: '127.0.0.1',
        port: port ?? 0,
        user: 'postgres',
        applicationName: 'pgherd_wal',
        ...(typeof password === 'string' && { password }),
      },
      signal,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const relative of this.relatives) await relative.halt('SIGQUIT')
    await this.first[Symbol.asyncDispose]()
    for (const relative of this.relatives) rmSync(relative.data, { recursive: true, force: true })
  }
}

function identity(home: string) {
  const { uid, gid } = unprivilegedAccount()
  return { uid, gid, cwd: home, env: { ...process.env, HOME: home } }
}

/** Writes one row per commit to whoever is primary, for as long as it runs. */
export class FollowingLoad {
  readonly acknowledged: number[] = []
  #stopping = false
  #next = 1
  readonly #writers: Promise<void>[]

  constructor(family: ServerFamily, sessions = 3) {
    this.#writers = Array.from({ length: sessions }, () => this.#write(family))
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#writers)
  }

  async #write(family: ServerFamily): Promise<void> {
    while (!this.#stopping) {
      const to = family.primary
      try {
        const client = new pg.Client({ ...to.config(), query_timeout: 5000 })
        client.on('error', () => undefined)
        await client.connect()
        try {
          while (!this.#stopping && family.primary === to) {
            const id = this.#next++
            await client.query(
              'insert into ledger select i, repeat(md5(i::text), 20) from (select $1::bigint as i) as one',
              [id],
            )
            this.acknowledged.push(id)
          }
        } finally {
          await client.end().catch(() => undefined)
        }
      } catch (error) {
        // a primary that is away is what these tests are about, a mistake in the statement is not (SQLSTATE class 42)
        if (error instanceof pg.DatabaseError && error.code?.startsWith('42') === true) throw error
        await sleep(50)
      }
    }
  }
}
