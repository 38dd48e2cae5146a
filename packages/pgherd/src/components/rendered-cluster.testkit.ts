import { spawn, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { clusterAddresses, type ClusterAddresses } from '@pgherd/testbed/cluster-addresses.ts'
import { unprivilegedAccount } from '@pgherd/testbed/unprivileged.ts'
import { createAuthority, issueServerCertificate, type Pair } from '../pki/issue.ts'
import { specSchema, type SpecInput } from '../spec/schema.ts'
import type { HostFacts } from '../topology/host-facts.ts'
import { layOut, memberNamed, type Member, type Topology } from '../topology/topology.ts'
import { factsOf } from '../tuning/testdata/facts.ts'
import type { RenderedFile, RenderInput, Unit } from './component.ts'

const self = {
  node: execPath,
  agentScript: '/agent.js',
  fenceScript: '/fence.js',
  drillsScript: '/drills.js',
  commandScript: '/pgherd.js',
  specFile: '/srv/pgherd.yaml',
}

/** What a component of one member is rendered from. */
export function memberInput(topology: Topology, name: string, facts: HostFacts = factsOf()): RenderInput {
  return { topology, member: memberNamed(topology, name), facts, settings: [], self }
}

/** A cluster laid out where nothing is, for golden files. */
export function paperCluster(input: Omit<SpecInput, 'name'> = {}): Topology {
  const spec = specSchema.parse({ name: 'shop', ...input, topology: { members: 3, ...input.topology } })
  return layOut(spec, { state: '/srv/pgherd/state', sockets: '/run/pgherd' })
}

/** Directories and certificates of a real cluster, on addresses of its own; stops what was started on disposal. */
export class RenderedCluster implements AsyncDisposable {
  readonly topology: Topology
  readonly #root: string
  readonly #addresses: ClusterAddresses
  readonly #authority: Pair
  readonly #children = new Map<string, ChildProcess>()

  private constructor(topology: Topology, root: string, addresses: ClusterAddresses, authority: Pair) {
    this.topology = topology
    this.#root = root
    this.#addresses = addresses
    this.#authority = authority
  }

  static async create(input: Omit<SpecInput, 'name'> = {}): Promise<RenderedCluster> {
    const addresses = await clusterAddresses()
    const root = mkdtempSync(join(tmpdir(), 'pgc-'))
    chmodSync(root, 0o755)
    const members = input.topology?.members ?? 3
    const spec = specSchema.parse({
      name: 'shop',
      ...input,
      topology: {
        ...input.topology,
        members,
        addresses: addresses.members.slice(0, members),
        gateway: addresses.gateway,
      },
    })
    // A space and a quote: paths are values too.
    const topology = layOut(spec, { state: join(root, "it's here"), sockets: join(root, 's') })
    const cluster = new RenderedCluster(topology, root, addresses, await createAuthority(new Date()))
    for (const member of topology.members) await cluster.furnish(member)
    return cluster
  }

  /** The directories and the certificate of a member, as `up` makes them. */
  async furnish({ name, address, paths }: Member): Promise<void> {
    const { config, tls, logs, run, sockets, etcd, redis, data, state } = paths
    for (const directory of [state, config, tls, logs, run, sockets, etcd, redis, join(data, '..')])
      mkdirSync(directory, { recursive: true, mode: 0o700 })
    const { gateway } = this.topology.spec.topology
    const { cert, key } = await issueServerCertificate(
      this.#authority,
      { hosts: [name, address, 'localhost', '127.0.0.1', gateway], lifetimeSeconds: 86_400 },
      new Date(),
    )
    for (const [file, text] of [
      ['ca.crt', this.#authority.cert],
      ['server.crt', cert],
      ['server.key', key],
    ] as const)
      writeFileSync(join(tls, file), text, { mode: 0o600 })
    const { uid, gid } = unprivilegedAccount()
    for (const directory of [state, config, tls, logs, run, sockets, etcd, redis, join(state, '..')])
      if (directory !== this.#root) chownSync(directory, uid, gid)
    for (const file of ['ca.crt', 'server.crt', 'server.key']) chownSync(join(tls, file), uid, gid)
  }

  input(name: string): RenderInput {
    const account = { ...unprivilegedAccount(), home: this.#root }
    return memberInput(this.topology, name, factsOf({ runAs: account }))
  }

  /** Writes a rendered file with every secret gap filled with the secret's name and `-password`. */
  write({ path, contents, mode }: RenderedFile): void {
    const { uid, gid } = unprivilegedAccount()
    writeFileSync(path, contents.replaceAll(/\{\{secret:([^}|]+)(?:\|doubled)?\}\}/g, '$1-password'), {
      mode,
    })
    chownSync(path, uid, gid)
  }

  /** Starts a unit as the host would; its output goes to its log. */
  start(member: string, unit: Unit): ChildProcess {
    const [program = '', ...argv] = unit.argv
    const log = openSync(unit.logFile, 'a')
    const { uid, gid } = unprivilegedAccount()
    const child = spawn(program, argv, {
      uid,
      gid,
      cwd: unit.workingDirectory,
      env: { ...unit.env },
      stdio: ['ignore', log, log],
    })
    this.#children.set(`${member} ${unit.name}`, child)
    return child
  }

  /** Stops a unit and waits for its end. */
  async stop(member: string, unit: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const key = `${member} ${unit}`
    const child = this.#children.get(key)
    this.#children.delete(key)
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await gone
  }

  log(member: string, unit: string): string {
    return readFileSync(join(memberNamed(this.topology, member).paths.logs, `${unit}.log`), 'utf8')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      [...this.#children.keys()].map((key) => {
        const [member = '', unit = ''] = key.split(' ')
        return this.stop(member, unit)
      }),
    )
    rmSync(this.#root, { recursive: true, force: true })
    await this.#addresses[Symbol.asyncDispose]()
  }
}
