import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { clusterAddresses, type ClusterAddresses } from '@pgherd/testbed/cluster-addresses.ts'
import { eventually } from '@pgherd/testbed/herd.ts'
import { unprivilegedAccount } from '@pgherd/testbed/unprivileged.ts'
import pg from 'pg'
import type { ClusterAccess } from '../cluster/access.ts'
import { observeCluster } from '../cluster/observe-cluster.ts'
import { connectTo } from '../cluster/connect.ts'
import type { Component, RenderInput, Unit } from '../components/component.ts'
import { etcd } from '../components/etcd/component.ts'
import { haproxy } from '../components/haproxy/component.ts'
import { patroni } from '../components/patroni/component.ts'
import { pgbouncer } from '../components/pgbouncer/component.ts'
import { redis } from '../components/redis/component.ts'
import { createLocalHost } from '../hosts/local/local-host.ts'
import { findInvoker } from '../hosts/local/accounts.ts'
import { ensureCertificates } from '../pki/ensure.ts'
import { parseSpecValue } from '../spec/parse.ts'
import type { RunAs } from '../topology/host-facts.ts'
import { homeOf, layOut, serversOf, type Member, type Topology } from '../topology/topology.ts'
import { factsOf } from '../tuning/testdata/facts.ts'
import { tune } from '../tuning/tune.ts'
import { generatedPassword, passwordBytes } from '../secrets/password.ts'
import type { ClusterOperation } from './cluster-operation.ts'
import type { CertifiedSite } from './rotate/rotate-certificates.ts'
import type { SecretSite } from './rotate/secret-files.ts'
import { unsettled } from './settled.ts'

export type LiveSite = CertifiedSite & SecretSite

export interface LiveOptions {
  /** The bin directory of PostgreSQL 15; Debian's when left out. */
  readonly bin?: string
  /** Programs to start first instead of those a restart starts, by `member unit`. */
  readonly firstPrograms?: Readonly<Record<string, string>>
}

const secretIds = [
  'patroni-api',
  'haproxy-statistics',
  'redis',
  'role-pgherd_replication',
  'role-pgherd_rewind',
  'role-pgherd_monitor',
  'role-pgherd_pooler',
  'role-app',
]

/**
 * The whole stack of a cluster of three as it is rendered, started by this process and stopped with it: etcd, Patroni,
 * HAProxy, PgBouncer and Redis, on addresses of their own.
 */
export class LiveCluster implements AsyncDisposable {
  readonly topology: Topology
  readonly access: ClusterAccess
  readonly sites: readonly LiveSite[]
  readonly #root: string
  readonly #addresses: ClusterAddresses
  readonly #secrets: ReadonlyMap<string, string>
  readonly #children = new Map<string, ChildProcess>()
  readonly #account: RunAs
  readonly #options: LiveOptions

  private constructor(
    topology: Topology,
    root: string,
    addresses: ClusterAddresses,
    account: RunAs,
    options: LiveOptions,
  ) {
    this.#options = options
    this.topology = topology
    this.#root = root
    this.#addresses = addresses
    this.#account = account
    this.#secrets = new Map(secretIds.map((id) => [id, generatedPassword(randomBytes(passwordBytes))]))
    this.access = {
      topology,
      programs: {},
      readSecret: (id) => readFile(join(homeOf(topology).paths.secrets, id), 'utf8'),
    }
    this.sites = topology.members.map((member) => this.#site(member))
  }

  /** Starts everything and waits until three members stream and the router leads to the primary. */
  static async start(options: LiveOptions = {}): Promise<LiveCluster> {
    const addresses = await clusterAddresses()
    const account = { ...unprivilegedAccount(), home: '' }
    const root = mkdtempSync(join(tmpdir(), 'live-'))
    chmodSync(root, 0o755)
    const parsed = parseSpecValue(
      {
        name: 'live',
        topology: {
          members: 3,
          addresses: addresses.members.slice(0, 3),
          gateway: addresses.gateway,
          failover: 'fast',
        },
        databases: { app: { owner: 'app' } },
        roles: { app: { access: 'owner' } },
        redis: {},
        postgres: {
          version: 15,
          binaries: options.bin === undefined ? 'system' : { path: options.bin },
          memory: '1GB',
        },
      },
      join(root, 'pgherd.yaml'),
    )
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics))
    const topology = layOut(parsed.spec, { state: join(root, 'state'), sockets: join(root, 's') })
    const cluster = new LiveCluster(topology, root, addresses, { ...account, home: root }, options)
    try {
      await cluster.#bringUp()
      return cluster
    } catch (error) {
      const logs = cluster.logs()
      await cluster[Symbol.asyncDispose]()
      throw new Error(
        `the cluster did not come up: ${error instanceof Error ? error.message : String(error)}\n${logs}`,
      )
    }
  }

  /** Options of an operation on this cluster. */
  operation(
    report: (message: string) => void = () => undefined,
  ): ClusterOperation & { sites: readonly LiveSite[] } {
    return {
      access: this.access,
      sites: this.sites,
      signal: new AbortController().signal,
      report,
      now: () => new Date(),
    }
  }

  site(name: string): LiveSite {
    const site = this.sites.find(({ member }) => member.name === name)
    if (!site) throw new Error(`there is no member ${name}`)
    return site
  }

  /** A session of the application: through PgBouncer, or straight through HAProxy. */
  async connect(by: 'pool' | 'write' = 'pool'): Promise<pg.Client> {
    const client = new pg.Client(
      await connectTo(this.access, by, {
        user: 'app',
        secret: 'role-app',
        database: 'app',
        applicationName: 'test',
      }),
    )
    client.on('error', () => undefined)
    await client.connect()
    return client
  }

  async #bringUp(): Promise<void> {
    for (const member of this.topology.members) await this.#furnish(member)
    for (const member of serversOf(this.topology)) this.#start(member, this.#unit(etcd, member))
    for (const member of serversOf(this.topology)) this.#start(member, this.#unit(patroni, member))
    const primary = await eventually('a primary', async () => (await observeCluster(this.access)).leader, 60)
    await this.#prepareDatabase(primary)
    const gateway = homeOf(this.topology)
    this.#start(gateway, this.#unit(haproxy, gateway))
    this.#start(gateway, this.#unit(redis, gateway))
    this.#start(gateway, this.#unit(pgbouncer, gateway))
    await this.settled()
  }

  /** Waits until everybody streams. */
  async settled(): Promise<void> {
    await eventually(
      'everybody streams',
      async () => {
        const view = await observeCluster(this.access)
        const ill = unsettled(view)
        if (ill.length > 0) throw new Error(ill.join(', '))
        if (view.synchronous.length === 0 || view.pools === undefined)
          throw new Error('nobody is synchronous')
        return true
      },
      60,
    )
  }

  #input(member: Member): RenderInput {
    const facts = factsOf({
      runAs: this.#account,
      invoker: findInvoker(),
      memoryBytes: 2 ** 30,
      cpus: 2,
      postgres: { major: 15, version: '15', bin: this.#options.bin ?? '/usr/lib/postgresql/15/bin' },
    })
    const { settings } = tune(this.topology.spec, facts)
    const self = {
      node: process.execPath,
      agentScript: '',
      fenceScript: '',
      drillsScript: '',
      commandScript: '',
      specFile: '',
    }
    return { topology: this.topology, member, facts, settings, self }
  }

  #unit(component: { units(input: RenderInput): readonly Unit[] }, member: Member): Unit {
    const [unit] = component.units(this.#input(member))
    if (!unit) throw new Error('every component here has a unit')
    return unit
  }

  #site(member: Member): LiveSite {
    const host = createLocalHost({
      member,
      spec: this.topology.spec,
      runAs: this.#account,
      invoker: findInvoker(),
    })
    const input = this.#input(member)
    const { address, name, paths } = member
    return {
      member,
      host: {
        ...host,
        reloadUnit: (unit) => Promise.resolve(void this.signal(name, unit.name, 'SIGHUP')),
        restartUnit: (unit) => this.#restart(member, unit),
      },
      facts: { runAs: this.#account },
      wanted: {
        certificate: {
          name: 'server',
          directory: paths.tls,
          authority: paths.authority,
          hosts: [name, address, 'localhost', '127.0.0.1', this.topology.spec.topology.gateway],
          lifetimeSeconds: 90 * 86_400,
        },
        units: componentsOf(member).flatMap((component) => component.units(input)),
        files: componentsOf(member).flatMap((component) => component.files(input)),
        secretsDirectory: paths.secrets,
      },
    }
  }

  async #furnish(member: Member): Promise<void> {
    const { paths, kind } = member
    const own = [paths.state, paths.config, paths.tls, paths.logs, paths.run, paths.sockets, paths.authority]
    const more = kind === 'server' ? [paths.etcd, dirname(paths.data)] : [paths.redis, paths.secrets]
    for (const directory of [...own, ...more]) this.#own(directory)
    await ensureCertificates({
      ...this.site(member.name).wanted.certificate,
      renewBeforeSeconds: 0,
      runAs: this.#account,
      now: new Date(),
    })
    const input = this.#input(member)
    for (const file of componentsOf(member).flatMap((component) => component.files(input)))
      this.#write(file.path, file.contents)
    if (kind === 'gateway')
      for (const [id, value] of this.#secrets) this.#write(join(paths.secrets, id), value)
  }

  #own(path: string): void {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    chmodSync(path, 0o700)
    if (process.getuid?.() !== 0) return
    chownSync(path, this.#account.uid, this.#account.gid)
    for (
      let above = dirname(path);
      above !== this.#root && above.startsWith(this.#root);
      above = dirname(above)
    )
      chmodSync(above, 0o755)
  }

  #write(path: string, contents: string): void {
    const filled = contents.replaceAll(
      /\{\{secret:([^}|]+)(?:\|doubled)?\}\}/g,
      (_gap, id: string) => this.#secrets.get(id) ?? '',
    )
    writeFileSync(path, filled, { mode: 0o600 })
    if (process.getuid?.() === 0) chownSync(path, this.#account.uid, this.#account.gid)
  }

  /** Patroni 3 makes the roles it logs in with by itself. */
  async #prepareDatabase(primary: string): Promise<void> {
    const { host } = this.site(primary)
    const password = (id: string) => this.#secrets.get(id) ?? ''
    await host.sql('postgres', [
      {
        text: `CREATE ROLE pgherd_monitor LOGIN PASSWORD '${password('role-pgherd_monitor')}' IN ROLE pg_monitor`,
      },
      { text: `CREATE ROLE pgherd_pooler LOGIN PASSWORD '${password('role-pgherd_pooler')}'` },
      { text: `CREATE ROLE app LOGIN PASSWORD '${password('role-app')}'` },
      { text: 'CREATE DATABASE app OWNER app', alone: true },
    ])
    await host.sql('app', [
      { text: 'CREATE SCHEMA pgherd_pooler' },
      { text: 'GRANT USAGE ON SCHEMA pgherd_pooler TO pgherd_pooler' },
      {
        text: `CREATE FUNCTION pgherd_pooler.get_auth(role text, OUT username text, OUT password text) LANGUAGE sql SECURITY DEFINER
          SET search_path = pg_catalog AS 'SELECT rolname::text, rolpassword FROM pg_authid WHERE rolname = $1 AND NOT rolsuper'`,
      },
      { text: 'CREATE TABLE public.written (id text PRIMARY KEY, at timestamptz DEFAULT clock_timestamp())' },
      { text: 'ALTER TABLE public.written OWNER TO app' },
    ])
  }

  async #restart(member: Member, unit: Unit): Promise<void> {
    const child = this.#children.get(`${member.name} ${unit.name}`)
    if (child) await ended(child)
    this.#start(member, unit)
  }

  #start(member: Member, unit: Unit): void {
    const key = `${member.name} ${unit.name}`
    const first = this.#children.has(key) ? undefined : this.#options.firstPrograms?.[key]
    // the interpreter of Patroni stands before it
    const words = unit.argv.map((word) => (first && basename(word) === unit.name ? first : word))
    const log = openSync(unit.logFile, 'a', 0o644)
    const child = spawn(words[0] ?? '', words.slice(1), {
      ...(process.getuid?.() === 0 ? { uid: this.#account.uid, gid: this.#account.gid } : {}),
      cwd: unit.workingDirectory,
      env: { ...unit.env, HOME: this.#root },
      stdio: ['ignore', log, log],
    })
    this.#children.set(key, child)
  }

  /** Makes the data of a standby unusable: what Patroni cannot mend by starting or rewinding it. */
  async breakData(member: string): Promise<void> {
    const { data } = this.site(member).member.paths
    const postmaster = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0])
    process.kill(postmaster, 'SIGQUIT')
    rmSync(join(data, 'global', 'pg_control'))
    await eventually('it is down', () => {
      try {
        process.kill(postmaster, 0)
        return undefined
      } catch {
        return true
      }
    })
  }

  signal(member: string, unit: string, signal: NodeJS.Signals): void {
    this.#children.get(`${member} ${unit}`)?.kill(signal)
  }

  logs(): string {
    return [...this.#children.keys()]
      .map((key) => {
        const [name, unit] = key.split(' ')
        const file = join(this.site(name ?? '').member.paths.logs, `${unit ?? ''}.log`)
        if (!existsSync(file)) return ''
        return `--- ${key}\n${readFileSync(file, 'utf8').split('\n').slice(-12).join('\n')}`
      })
      .join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const order = ['pgbouncer', 'haproxy', 'redis', 'patroni', 'etcd']
    for (const unit of order) {
      const mine = [...this.#children].filter(([key]) => key.endsWith(` ${unit}`))
      await Promise.all(mine.map(([, child]) => ended(child)))
    }
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 5 })
    await this.#addresses[Symbol.asyncDispose]()
  }
}

function componentsOf({ kind }: Member): readonly Component[] {
  return kind === 'server' ? [etcd, patroni] : [haproxy, pgbouncer, redis]
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const hard = setTimeout(() => child.kill('SIGKILL'), 20_000)
  await gone
  clearTimeout(hard)
}
