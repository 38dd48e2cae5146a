import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { Agent, get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import {
  dataOf,
  newSecrets,
  ports,
  secretOf,
  type BareLayout,
  type BareMember,
  type PatroniTiming,
} from './bare-cluster-files.ts'
import { furnish } from './bare-cluster-furnish.ts'
import { ClusterProcesses } from './bare-cluster-processes.ts'
import { clusterAddresses, type ClusterAddresses } from './cluster-addresses.ts'
import { commandOf, descendants, goneWithin, isAlive, processesNaming, signalTo } from './processes.ts'
import { unprivilegedAccount } from './unprivileged.ts'

export interface BareClusterOptions {
  /** Patroni's defaults (30/10/10) when left out. */
  readonly timing?: PatroniTiming
  readonly synchronous?: boolean
  readonly members?: number
  /** Scope of Patroni. */
  readonly name?: string
  /** Settings of PostgreSQL beyond those a cluster needs. */
  readonly parameters?: Readonly<Record<string, string>>
}

/** How long its own start took, in milliseconds from the empty directory on. */
export interface StartTimes {
  readonly certificates: number
  /** A majority of etcd agrees on a leader. */
  readonly etcd: number
  /** A transaction that writes went through the primary itself. */
  readonly writable: number
  /** All standbys stream (and as many as Patroni wants are synchronous). */
  readonly streaming: number
  /** A transaction that writes went through PgBouncer and HAProxy. */
  readonly routed: number
  /** A standby was read through HAProxy. */
  readonly readable: number
}

export type MemberPart = 'patroni' | 'postgres' | 'etcd' | 'all'
export type GatewayPart = 'haproxy' | 'pgbouncer'

/**
 * Patroni, etcd, HAProxy and PgBouncer configured by hand, as a good engineer's script does it with these packages: what our own
 * clients are tried on, and the baseline of benchmarks. It knows nothing of pgherd but the names of its roles.
 */
export class BareCluster implements AsyncDisposable {
  readonly name: string
  readonly root: string
  readonly gateway: string
  readonly members: readonly BareMember[]
  /** Passwords by id: `role-app`, `role-pgherd_monitor`, `patroni-api`, `haproxy-statistics`, ... */
  readonly secrets: Readonly<Record<string, string>>
  startTimes: StartTimes | undefined
  readonly #layout: BareLayout
  readonly #processes: ClusterProcesses
  readonly #addresses: ClusterAddresses

  private constructor(layout: BareLayout, addresses: ClusterAddresses) {
    this.name = layout.name
    this.root = layout.root
    this.gateway = layout.gateway
    this.members = layout.members
    this.secrets = layout.secrets
    this.#layout = layout
    this.#addresses = addresses
    this.#processes = new ClusterProcesses(layout.root)
  }

  /** From an empty directory to a cluster that takes writes and has all its standbys; throws with the logs. */
  static async start(options: BareClusterOptions = {}): Promise<BareCluster> {
    const addresses = await clusterAddresses()
    const root = mkdtempSync(join(tmpdir(), 'pgb-'))
    chmodSync(root, 0o755)
    const members = addresses.members.slice(0, options.members ?? 3).map((address, index): BareMember => {
      const name = `pg${index + 1}`
      return { name, address, directory: join(root, 'members', name), sockets: join(root, 's', name) }
    })
    const cluster = new BareCluster(
      {
        name: options.name ?? 'bare',
        root,
        gateway: addresses.gateway,
        members,
        timing: options.timing ?? { ttl: 30, loopWait: 10, retryTimeout: 10 },
        synchronous: options.synchronous ?? false,
        parameters: options.parameters ?? {},
        account: unprivilegedAccount(),
        secrets: newSecrets(),
      },
      addresses,
    )
    try {
      await cluster.#bringUp()
      return cluster
    } catch (error) {
      const logs = cluster.logs()
      await cluster[Symbol.asyncDispose]()
      throw new Error(`the bare cluster did not come up: ${String(error)}\n${logs}`, { cause: error })
    }
  }

  /** Pids of what runs for a member; undefined for what does not. */
  pids(member: string): {
    readonly etcd: number | undefined
    readonly patroni: number | undefined
    readonly postgres: number | undefined
  } {
    return {
      etcd: this.#processes.pid(`${member} etcd`),
      patroni: this.#processes.pid(`${member} patroni`),
      postgres: this.#postmaster(member),
    }
  }

  /** Pid of a process of a member's PostgreSQL by its title, such as `startup`, `walreceiver`, `checkpointer`. */
  serverProcess(member: string, title: string): number | undefined {
    const postmaster = this.#postmaster(member)
    return postmaster === undefined
      ? undefined
      : descendants(postmaster).find((pid) => commandOf(pid).startsWith(`postgres: ${this.name}: ${title}`))
  }

  gatewayPid(part: GatewayPart): number | undefined {
    return this.#processes.pid(`gateway ${part}`)
  }

  /** Sends a signal to a part of a member. `all` with SIGKILL is the loss of the machine: PostgreSQL's children too. */
  kill(member: string, part: MemberPart, signal: NodeJS.Signals = 'SIGKILL'): void {
    const pids = this.pids(member)
    if (part !== 'all') return signalTo(pids[part], signal)
    const roots = [pids.patroni, pids.postgres, pids.etcd].filter((pid) => pid !== undefined)
    for (const pid of [...roots, ...roots.flatMap(descendants)]) signalTo(pid, signal)
  }

  killGateway(part: GatewayPart, signal: NodeJS.Signals = 'SIGKILL'): void {
    signalTo(this.gatewayPid(part), signal)
  }

  /** Resolves when a part that was told to end has ended. */
  async ended(member: string, part: Exclude<MemberPart, 'all'>): Promise<void> {
    if (part !== 'postgres') return this.#processes.ended(`${member} ${part}`)
    const pid = this.#postmaster(member)
    if (pid !== undefined) await goneWithin([pid], 30_000)
  }

  /** Starts what does not run of a member; Patroni starts PostgreSQL. */
  restart(member: string): void {
    const found = this.#member(member)
    const { etcd, patroni } = this.pids(member)
    if (etcd === undefined) this.#startEtcd(found)
    if (patroni === undefined) this.#startPatroni(found)
  }

  /** Starts what does not run of the gateway. */
  restartGateway(): void {
    const { root } = this
    if (this.gatewayPid('haproxy') === undefined)
      this.#start('gateway haproxy', ['/usr/sbin/haproxy', '-db', '-f', `${root}/config/haproxy.cfg`], root)
    if (this.gatewayPid('pgbouncer') === undefined)
      this.#start('gateway pgbouncer', ['/usr/sbin/pgbouncer', `${root}/config/pgbouncer.ini`], root)
  }

  /** `write` and `read` go through HAProxy, `pool` through PgBouncer, the name of a member directly to it. */
  connection(
    to: string,
    { user = 'app', database = 'app' }: { readonly user?: string; readonly database?: string } = {},
  ): pg.ClientConfig {
    const routed = { write: ports.write, read: ports.read, pool: ports.pooler }[to]
    return {
      host: routed === undefined ? this.#member(to).address : this.gateway,
      port: routed ?? ports.postgres,
      user,
      password: secretOf(this, `role-${user}`),
      database,
      connectionTimeoutMillis: 3000,
      ssl: { ca: readFileSync(join(this.root, 'tls', 'ca.crt'), 'utf8') },
    }
  }

  /** One query on a connection of its own. */
  async query(
    to: string,
    text: string,
    as: { readonly user?: string; readonly database?: string } = {},
  ): Promise<pg.QueryResult> {
    const client = new pg.Client({ ...this.connection(to, as), query_timeout: 5000 })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return await client.query(text)
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  /** The member that takes writes; undefined while none does. */
  async primary(): Promise<string | undefined> {
    const found = await Promise.all(
      this.members.map(async ({ name, address }) =>
        (await this.#status(address, ports.patroni, '/primary')) === 200 ? name : undefined,
      ),
    )
    return found.find((name) => name !== undefined)
  }

  /** Resolves once all standbys stream and a write goes through the pool, as after the start; throws after a minute. */
  async settled(): Promise<void> {
    const began = performance.now()
    const since = () => performance.now() - began
    await this.#whenTrue('standbys that stream', () => this.#allStream(), since)
    await this.#whenTrue('a write through the pool', () => this.#writes('pool'), since)
  }

  /** Ends of all logs. */
  logs(): string {
    const directories = [this.root, ...this.members.map(({ directory }) => directory)]
    return directories
      .map((directory) => join(directory, 'logs'))
      .flatMap((logs) => readdirSync(logs).map((file) => join(logs, file)))
      .map((file) => `--- ${file}\n${readFileSync(file, 'utf8').split('\n').slice(-15).join('\n')}`)
      .join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const postmasters = this.members
      .map(({ name }) => this.#postmaster(name))
      .filter((pid) => pid !== undefined)
    // Patroni first: it would start PostgreSQL again
    for (const name of this.#processes.names) signalTo(this.#processes.pid(name), 'SIGKILL')
    await this.#stopPostgres(postmasters)
    // what Patroni had begun in the meantime
    for (let attempt = 0; attempt < 50; attempt++) {
      const left = processesNaming(this.root)
      if (left.length === 0) break
      for (const pid of left) signalTo(pid, 'SIGKILL')
      await goneWithin(left, 500)
    }
    for (const { name } of this.members) this.#freeSharedMemory(name)
    rmSync(this.root, { recursive: true, force: true })
    await this.#addresses[Symbol.asyncDispose]()
  }

  /** SIGQUIT lets the postmaster give its shared memory back; what is frozen is woken up first. */
  async #stopPostgres(postmasters: readonly number[]): Promise<void> {
    const all = postmasters.flatMap((pid) => [pid, ...descendants(pid)])
    for (const pid of all) signalTo(pid, 'SIGCONT')
    for (const pid of postmasters) signalTo(pid, 'SIGQUIT')
    for (const pid of await goneWithin(all, 6000)) signalTo(pid, 'SIGKILL')
  }

  /** A postmaster that was killed leaves its segment behind (line 7 of postmaster.pid: key and id) and may not be started again. */
  #freeSharedMemory(member: string): void {
    try {
      const lines = readFileSync(join(dataOf(this.#member(member)), 'postmaster.pid'), 'utf8').split('\n')
      const id = lines[6]?.trim().split(/\s+/)[1]
      if (id !== undefined) execFileSync('ipcrm', ['-m', id], { stdio: 'ignore' })
    } catch {
      // it ended in order
    }
  }

  async #bringUp(): Promise<void> {
    const began = performance.now()
    const since = () => performance.now() - began
    await furnish(this.#layout)
    const certificates = since()
    for (const member of this.members) this.#startEtcd(member)
    this.restartGateway()
    const etcd = await this.#whenTrue('etcd', () => this.#etcdHealthy(), since)
    for (const member of this.members) this.#startPatroni(member)
    const [writable, streaming, routed, readable] = await Promise.all([
      this.#whenTrue(
        'a primary',
        async () => {
          const primary = await this.primary()
          return primary !== undefined && (await this.#writes(primary))
        },
        since,
      ),
      this.#whenTrue('standbys that stream', () => this.#allStream(), since),
      this.#whenTrue('a write through the pool', () => this.#writes('pool'), since),
      this.#whenTrue('a read from a standby', () => this.#readable(), since),
    ])
    this.startTimes = { certificates, etcd, writable, streaming, routed, readable }
  }

  #startEtcd({ name, directory }: BareMember): void {
    this.#start(`${name} etcd`, ['/usr/bin/etcd', '--config-file', `${directory}/config/etcd.yml`], directory)
  }

  #startPatroni({ name, directory }: BareMember): void {
    this.#start(`${name} patroni`, ['/usr/bin/patroni', `${directory}/config/patroni.yml`], directory)
  }

  #start(name: string, argv: readonly string[], directory: string): void {
    this.#processes.start(name, argv, join(directory, 'logs', `${name.split(' ')[1] ?? name}.log`))
  }

  async #allStream(): Promise<boolean> {
    const primary = await this.primary()
    if (primary === undefined) return false
    const { rows } = await this.query(
      primary,
      "select count(*) filter (where state = 'streaming') as streaming, count(*) filter (where sync_state in ('sync', 'quorum')) as sync from pg_stat_replication",
      { user: 'pgherd_monitor', database: 'postgres' },
    )
    const [found] = rows as { streaming: string; sync: string }[]
    const wanted = this.#layout.synchronous && this.members.length > 1 ? 1 : 0
    return Number(found?.streaming) === this.members.length - 1 && Number(found?.sync) >= wanted
  }

  async #writes(to: string): Promise<boolean> {
    return (await this.query(to, 'create temp table written (i int) on commit drop')).command === 'CREATE'
  }

  async #readable(): Promise<boolean> {
    if (this.members.length === 1) return true
    const { rows } = await this.query('read', 'select pg_is_in_recovery() as standby')
    return (rows as { standby: boolean }[])[0]?.standby === true
  }

  async #etcdHealthy(): Promise<boolean> {
    const answers = await Promise.all(
      this.members.map(({ address }) => this.#status(address, ports.etcdClient, '/health')),
    )
    return answers.filter((status) => status === 200).length > this.members.length / 2
  }

  /** Status of a GET with our certificate; undefined when there is no answer. */
  #status(host: string, port: number, path: string): Promise<number | undefined> {
    const file = (name: string) => readFileSync(join(this.root, 'tls', name))
    const tls = { ca: file('ca.crt'), cert: file('server.crt'), key: file('server.key') }
    return new Promise((resolve) => {
      const request = get({ host, port, path, ...tls, agent: new Agent(), timeout: 1000 }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      request.once('timeout', () => request.destroy())
      request.once('error', () => resolve(undefined))
    })
  }

  async #whenTrue(what: string, look: () => Promise<boolean>, since: () => number): Promise<number> {
    for (;;) {
      if (await look().catch(() => false)) return since()
      if (since() > 60_000) throw new Error(`waited a minute for ${what}`)
      await sleep(50)
    }
  }

  #member(name: string): BareMember {
    const found = this.members.find((member) => member.name === name)
    if (!found) throw new Error(`there is no member ${name}`)
    return found
  }

  /** From its own file, which outlives it. */
  #postmaster(member: string): number | undefined {
    try {
      const pid = Number(
        readFileSync(join(dataOf(this.#member(member)), 'postmaster.pid'), 'utf8').split('\n')[0],
      )
      return pid > 0 && isAlive(pid) ? pid : undefined
    } catch {
      return undefined
    }
  }
}
