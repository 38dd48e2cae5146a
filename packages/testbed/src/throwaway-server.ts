import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import {
  appendFileSync,
  chownSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  chmodSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from './free-port.ts'
import { programsOf, type Major } from './postgres-programs.ts'
import { descendants, goneWithin, signalTo } from './processes.ts'
import { unprivilegedAccount } from './unprivileged.ts'

export interface ServerOptions {
  readonly major?: Major
  /** Where its programs are; those of the major that the tests have otherwise when left out. */
  readonly bin?: string
  readonly settings?: Readonly<Record<string, string>>
  /** Lines of pg_hba.conf; SCRAM for everybody from loopback, replication included, when left out. */
  readonly hba?: readonly string[]
  readonly initdb?: readonly string[]
}

const password = 'testbed-superuser'

/** A real PostgreSQL in a directory of its own, on a port of its own, stopped by its pid. */
export class ThrowawayServer implements AsyncDisposable {
  readonly major: Major
  readonly bin: string
  readonly root: string
  readonly data: string
  readonly sockets: string
  readonly port: number
  readonly log: string
  #process: ChildProcess | undefined

  private constructor(major: Major, bin: string, root: string, port: number) {
    this.major = major
    this.bin = bin
    this.root = root
    this.data = join(root, 'data')
    this.sockets = root
    this.port = port
    this.log = join(root, 'server.log')
  }

  static async start(options: ServerOptions = {}): Promise<ThrowawayServer> {
    const root = mkdtempSync(join(tmpdir(), 'pgt-'))
    const { uid, gid } = unprivilegedAccount()
    chmodSync(root, 0o755)
    chownSync(root, uid, gid)
    const major = options.major ?? 18
    const server = new ThrowawayServer(major, options.bin ?? programsOf(major), root, await freePort())
    const passwordFile = join(root, 'password')
    writeFileSync(passwordFile, password, { mode: 0o600 })
    chownSync(passwordFile, uid, gid)
    execFileSync(
      join(server.bin, 'initdb'),
      [
        '-D',
        server.data,
        '-U',
        'postgres',
        '--pwfile',
        passwordFile,
        '-A',
        'scram-sha-256',
        '-E',
        'UTF8',
        '--locale',
        'C.UTF-8',
        '--no-sync',
        '--data-checksums',
        ...(options.initdb ?? []),
      ],
      { uid, gid, stdio: ['ignore', 'ignore', 'pipe'], cwd: root, env: { ...process.env, HOME: root } },
    )
    const settings: Record<string, string> = {
      port: String(server.port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: server.sockets,
      fsync: 'off',
      max_wal_senders: '10',
      ...options.settings,
    }
    const lines = Object.entries(settings).map(
      ([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`,
    )
    appendFileSync(join(server.data, 'postgresql.conf'), `\n${lines.join('\n')}\n`)
    if (options.hba) writeFileSync(join(server.data, 'pg_hba.conf'), `${options.hba.join('\n')}\n`)
    await server.launch()
    return server
  }

  /** Starts the server again after `halt`. */
  async launch(): Promise<void> {
    const { uid, gid } = unprivilegedAccount()
    const log = openSync(this.log, 'a')
    this.#process = spawn(join(this.bin, 'postgres'), ['-D', this.data], {
      uid,
      gid,
      stdio: ['ignore', log, log],
      cwd: this.root,
      env: { ...process.env, HOME: this.root },
    })
    for (let waited = 0; waited < 30_000; waited += 50) {
      if (this.#process.exitCode !== null)
        throw new Error(`PostgreSQL did not start:\n${readFileSync(this.log, 'utf8')}`)
      try {
        await this.query('select 1')
        return
      } catch {
        await sleep(50)
      }
    }
    throw new Error(`PostgreSQL did not answer in 30 s:\n${readFileSync(this.log, 'utf8')}`)
  }

  /** The postmaster's process id. */
  get pid(): number {
    if (this.#process?.pid === undefined) throw new Error('the server is not running')
    return this.#process.pid
  }

  config(database = 'postgres'): pg.ClientConfig {
    return {
      host: '127.0.0.1',
      port: this.port,
      user: 'postgres',
      password,
      database,
      connectionTimeoutMillis: 5000,
    }
  }

  async connect(database = 'postgres'): Promise<pg.Client> {
    const client = new pg.Client(this.config(database))
    client.on('error', () => undefined)
    await client.connect()
    return client
  }

  /** One query on a connection of its own. */
  async query(text: string, values: unknown[] = [], database = 'postgres'): Promise<pg.QueryResult> {
    const client = await this.connect(database)
    try {
      return await client.query(text, values)
    } finally {
      await client.end()
    }
  }

  /**
   * Stops the server; `SIGINT` is a fast shutdown, `SIGQUIT` an immediate one, `SIGKILL` the loss of the machine:
   * the processes of the server go with it. One that stayed would wait for ever for a lock of a dead one, and the
   * server could not be started again beside it.
   */
  async halt(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL' = 'SIGINT'): Promise<void> {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    // stopped it starts no more of them
    if (signal === 'SIGKILL') child.kill('SIGSTOP')
    const below = signal === 'SIGKILL' ? descendants(this.pid) : []
    for (const pid of below) signalTo(pid, 'SIGKILL')
    child.kill(signal)
    await gone
    const left = await goneWithin(below, 10_000)
    if (left.length > 0) throw new Error(`processes of the killed server are still there: ${left.join(', ')}`)
    this.#process = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.halt('SIGQUIT')
    rmSync(this.root, { recursive: true, force: true })
  }
}
