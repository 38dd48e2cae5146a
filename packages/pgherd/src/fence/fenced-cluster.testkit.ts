import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, openSync, readFileSync, writeFileSync, chownSync } from 'node:fs'
import https from 'node:https'
import { dirname, join } from 'node:path'
import { execPath } from 'node:process'
import pg from 'pg'
import { unprivilegedAccount } from '@pgherd/testbed/unprivileged.ts'
import { eventually } from '@pgherd/testbed/herd.ts'
import type { Unit } from '../components/component.ts'
import { fence } from '../components/fence/component.ts'
import { renderFenceFile, type FenceFile } from '../components/fence/fence-file.ts'
import { RenderedCluster } from '../components/rendered-cluster.testkit.ts'
import { dropVariable } from '../hosts/local/drop-privileges.ts'
import { signalAll } from '../hosts/local/faults/member-processes.ts'
import { memberNamed } from '../topology/topology.ts'
import { readFenceStatus, type FenceStatus } from './fence-status.ts'
import { findPatroni } from './patroni-process.ts'
import { serverProcesses } from './local-server.ts'
import { readKey } from './fence-etcd.ts'

const bin = '/usr/lib/postgresql/15/bin'
const script = join(import.meta.dirname, '../../bin/pgherd-fence.js')
export type Name = 'pg1' | 'pg2'

/** One etcd, two Patronis with PostgreSQL 15 and the short leases of `fast`, and the fences; nobody restarts anything. */
export class FencedCluster implements AsyncDisposable {
  readonly #cluster: RenderedCluster
  readonly #fences = new Map<Name, ChildProcess>()

  private constructor(cluster: RenderedCluster) {
    this.#cluster = cluster
  }

  /** A primary on pg1 and a standby on pg2 that streams, each with its fence. */
  static async start(options: { readonly failsafe?: boolean } = {}): Promise<FencedCluster> {
    const rendered = await RenderedCluster.create({ topology: { members: 3, failover: 'fast' } })
    const cluster = new FencedCluster(rendered)
    try {
      cluster.startEtcd()
      for (const name of ['pg1', 'pg2'] as const) {
        cluster.startPatroni(name, options.failsafe ?? false)
        await eventually(
          `${name} runs`,
          async () => ((await cluster.canWrite(name)) === (name === 'pg1') ? true : undefined),
          60,
        )
        cluster.startFence(name)
      }
      await eventually('the fences have seen a sign of life', async () => {
        const seen = await Promise.all((['pg1', 'pg2'] as const).map((name) => cluster.status(name)))
        return seen.every((status) => status?.state.contactAt !== undefined) || undefined
      })
      return cluster
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
  }

  paths(name: Name) {
    return memberNamed(this.#cluster.topology, name).paths
  }

  patroniPid(name: Name): number | undefined {
    const uid = unprivilegedAccount().uid
    return findPatroni(`${this.paths(name).config}/patroni.yml`, uid)?.pid
  }

  /** The first line of postmaster.pid: ids of children may be lower, where the kernel has begun anew. */
  postmaster(name: Name): string {
    return readFileSync(`${this.paths(name).data}/postmaster.pid`, 'utf8').split('\n')[0] ?? ''
  }

  serverPids(name: Name): readonly number[] {
    return serverProcesses(this.paths(name).data).map(({ pid }) => pid)
  }

  status(name: Name): Promise<FenceStatus | undefined> {
    return readFenceStatus(`${this.paths(name).run}/fence.json`)
  }

  fenceLog(name: Name): string {
    return readFileSync(`${this.paths(name).logs}/fence.log`, 'utf8')
  }

  /** True on a server that accepts writes, false on one in recovery, undefined when none answers. */
  async canWrite(name: Name): Promise<boolean | undefined> {
    const client = new pg.Client({
      host: this.paths(name).sockets,
      user: 'postgres',
      database: 'postgres',
      connectionTimeoutMillis: 700,
      query_timeout: 700,
    })
    client.on('error', () => undefined)
    try {
      await client.connect()
      const { rows } = await client.query<{ standby: boolean }>('select pg_is_in_recovery() as standby')
      return rows[0]?.standby === false
    } catch {
      return undefined
    } finally {
      void client.end().catch(() => undefined)
    }
  }

  /** A setting of the server; undefined when none answers. */
  async setting(name: Name, setting: string): Promise<string | undefined> {
    const { sockets } = this.paths(name)
    const client = new pg.Client({ host: sockets, user: 'postgres', database: 'postgres' })
    client.on('error', () => undefined)
    try {
      await client.connect()
      const { rows } = await client.query<{ value: string }>('select current_setting($1) as value', [setting])
      return rows[0]?.value
    } catch {
      return undefined
    } finally {
      void client.end().catch(() => undefined)
    }
  }

  /** As if the server had been started so many seconds earlier, by the time of day: the clock was set meanwhile. */
  setStartBack(name: Name, seconds: number): void {
    const file = `${this.paths(name).data}/postmaster.pid`
    const lines = readFileSync(file, 'utf8').split('\n')
    lines[2] = String(Number(lines[2]) - seconds)
    writeFileSync(file, lines.join('\n'))
  }

  /** What etcd says of who is synchronous. */
  async synchronous(): Promise<string> {
    const { etcd } = JSON.parse(renderFenceFile(this.#cluster.input('pg1'))) as FenceFile
    return (await readKey(etcd, 'sync'))?.value ?? ''
  }

  startEtcd(): void {
    const { address, paths } = memberNamed(this.#cluster.topology, 'pg1')
    const url = (port: number) => `https://${address}:${port}`
    const tls = {
      'cert-file': `${paths.tls}/server.crt`,
      'key-file': `${paths.tls}/server.key`,
      'trusted-ca-file': `${paths.tls}/ca.crt`,
      'client-cert-auth': true,
    }
    const file = `${paths.config}/etcd.yml`
    const contents = JSON.stringify({
      name: 'pg1',
      'data-dir': paths.etcd,
      'listen-peer-urls': url(2380),
      'initial-advertise-peer-urls': url(2380),
      'listen-client-urls': url(2379),
      'advertise-client-urls': url(2379),
      'initial-cluster': `pg1=${url(2380)}`,
      'enable-grpc-gateway': true,
      'client-transport-security': tls,
      'peer-transport-security': tls,
    })
    this.#write(file, contents)
    this.#cluster.start('pg1', this.#unit('pg1', 'etcd', ['/usr/bin/etcd', '--config-file', file]))
  }

  killEtcd(): Promise<void> {
    return this.#cluster.stop('pg1', 'etcd', 'SIGKILL')
  }

  startPatroni(name: Name, failsafe = false): void {
    const { paths } = memberNamed(this.#cluster.topology, name)
    this.#write(`${paths.config}/patroni.yml`, JSON.stringify(this.#patroniFile(name, failsafe)))
    this.#cluster.start(
      name,
      this.#unit(name, 'patroni', ['/usr/bin/patroni', `${paths.config}/patroni.yml`]),
    )
  }

  /** As its unit runs it: by root, which drops its rights, where root runs the tests. */
  startFence(name: Name): void {
    const input = this.#cluster.input(name)
    for (const file of fence.files(input)) this.#cluster.write(file)
    const [unit] = fence.units({ ...input, self: { ...input.self, node: execPath, fenceScript: script } })
    if (!unit) throw new Error('the fence has a unit')
    const [program = '', ...argv] = unit.argv
    const log = openSync(unit.logFile, 'a')
    const { uid, gid, name: user } = unprivilegedAccount()
    const child = spawn(program, argv, {
      cwd: unit.workingDirectory,
      env: { ...unit.env, [dropVariable]: [uid, gid, user, '/tmp'].join(':') },
      stdio: ['ignore', log, log],
    })
    this.#fences.set(name, child)
  }

  /** The process of a fence. */
  fencePid(name: Name): number {
    return this.#fences.get(name)?.pid ?? 0
  }

  async killFence(name: Name): Promise<void> {
    const child = this.#fences.get(name)
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }

  /** Writes through Patroni's REST interface into the dynamic configuration. */
  patchConfig(name: Name, patch: Readonly<Record<string, unknown>>): Promise<number> {
    const { address, paths } = memberNamed(this.#cluster.topology, name)
    const tls = (file: string) => readFileSync(`${paths.tls}/${file}`)
    return new Promise((resolve, reject) => {
      const request = https.request(
        `https://${address}:8008/config`,
        {
          method: 'PATCH',
          auth: 'pgherd:secret',
          ca: tls('ca.crt'),
          cert: tls('server.crt'),
          key: tls('server.key'),
        },
        (response) => response.resume().once('end', () => resolve(response.statusCode ?? 0)),
      )
      request.once('error', reject)
      request.end(JSON.stringify(patch))
    })
  }

  #patroniFile(name: Name, failsafe: boolean): unknown {
    const { address, paths } = memberNamed(this.#cluster.topology, name)
    const { address: etcd } = memberNamed(this.#cluster.topology, 'pg1')
    const pair = {
      certfile: `${paths.tls}/server.crt`,
      keyfile: `${paths.tls}/server.key`,
      cafile: `${paths.tls}/ca.crt`,
    }
    const account = (username: string) => ({
      username,
      password: 'secret',
      sslmode: 'verify-full',
      sslrootcert: pair.cafile,
    })
    return {
      scope: 'shop',
      name,
      restapi: {
        listen: `${address}:8008`,
        connect_address: `${address}:8008`,
        ...pair,
        verify_client: 'optional',
        authentication: { username: 'pgherd', password: 'secret' },
      },
      ctl: { cacert: pair.cafile, certfile: pair.certfile, keyfile: pair.keyfile },
      etcd3: {
        hosts: [`${etcd}:2379`],
        protocol: 'https',
        cacert: pair.cafile,
        cert: pair.certfile,
        key: pair.keyfile,
      },
      bootstrap: {
        dcs: {
          ttl: 8,
          loop_wait: 1,
          retry_timeout: 3,
          failsafe_mode: failsafe,
          postgresql: { use_pg_rewind: true, use_slots: true, parameters: { wal_log_hints: 'on' } },
        },
        initdb: [{ encoding: 'UTF8' }, 'data-checksums', { locale: 'C.UTF-8' }, { 'auth-local': 'peer' }],
      },
      postgresql: {
        listen: `${address}:5432`,
        connect_address: `${address}:5432`,
        data_dir: paths.data,
        bin_dir: bin,
        pgpass: `${paths.run}/pgpass`,
        use_unix_socket: true,
        basebackup: [{ checkpoint: 'fast' }],
        authentication: {
          superuser: { username: 'postgres' },
          replication: account('replicator'),
          rewind: account('rewinder'),
        },
        parameters: {
          ssl: 'on',
          ssl_cert_file: pair.certfile,
          ssl_key_file: pair.keyfile,
          ssl_ca_file: pair.cafile,
          unix_socket_directories: paths.sockets,
          shared_buffers: '16MB',
          fsync: 'off',
        },
        pg_hba: [
          'local all postgres trust',
          'hostssl replication replicator 127.0.0.0/8 scram-sha-256',
          'hostssl all all 127.0.0.0/8 scram-sha-256',
        ],
      },
    }
  }

  #write(path: string, contents: string): void {
    this.#cluster.write({
      path,
      contents,
      mode: 0o600,
      owner: 'run-as',
      secret: false,
      digest: '',
      onChange: 'nothing',
    })
  }

  #unit(name: Name, unit: string, argv: readonly string[]): Unit {
    const { paths } = memberNamed(this.#cluster.topology, name)
    // PostgreSQL outlives Patroni, and its directory must be reachable for the tests' own connections
    const { uid, gid } = unprivilegedAccount()
    for (const directory of [paths.sockets, dirname(paths.data)]) {
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      chownSync(directory, uid, gid)
    }
    return {
      name: unit,
      argv,
      env: { HOME: '/tmp', PATH: `${bin}:/usr/bin:/bin`, LC_ALL: 'C' },
      workingDirectory: paths.state,
      user: 'run-as',
      after: [],
      stop: { signal: 'SIGTERM', timeoutSeconds: 10 },
      logFile: `${paths.logs}/${unit}.log`,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of ['pg1', 'pg2'] as const) {
      await this.killFence(name)
      const patroni = this.patroniPid(name)
      // a server ends by itself once its Patroni is gone: what has ended meanwhile is none of it
      signalAll([...(patroni ? [patroni] : []), ...this.serverPids(name)], 'SIGKILL')
      await eventually(`no server of ${name} is left`, () => this.serverPids(name).length === 0 || undefined)
    }
    await this.#cluster[Symbol.asyncDispose]()
  }
}
