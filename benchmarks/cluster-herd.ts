import { setTimeout as sleep } from 'node:timers/promises'
import { clusterAddresses, type ClusterAddresses } from '../packages/testbed/src/cluster-addresses.ts'
import { Herd, type Run } from '../packages/testbed/src/herd.ts'
import type { ClusterAccess } from '../packages/pgherd/src/cluster/access.ts'
import { observeCluster } from '../packages/pgherd/src/cluster/observe-cluster.ts'
import type { WorstCase } from '../packages/pgherd/src/components/failover-timing.ts'
import { createOutput } from '../packages/pgherd/src/cli/output.ts'
import { openSession, type Session } from '../packages/pgherd/src/cli/session.ts'
import type { OperationContext } from '../packages/pgherd/src/operations/context.ts'
import { weaknesses } from '../packages/pgherd/src/operations/weaknesses.ts'
import { within } from './limit.ts'

const presets = ['fast', 'normal', 'wide'] as const
export type Preset = (typeof presets)[number]

/** A preset of `topology.failover` by its name; throws when there is none of it. */
export function presetNamed(text: string): Preset {
  const found = presets.find((each) => each === text)
  if (found === undefined) throw new Error(`${text} is none of ${presets.join(', ')}`)
  return found
}

export interface ClusterHerdOptions {
  /** Fires when the benchmark has to end. */
  readonly signal: AbortSignal
  readonly failover?: Preset
  readonly durability?: 'async' | 'sync'
  readonly memory?: string
  /** Further sections of the spec, each line as it is. */
  readonly more?: string
}

/** What `pgherd plan` promises. */
export interface Promised {
  readonly durability: string
  readonly durabilityMeans: string
  readonly ttlSeconds: number
  readonly worstCaseSeconds: WorstCase
}

/** A cluster of three as a user has it, on loopback addresses of its own, driven by the command line. */
export class ClusterHerd implements AsyncDisposable {
  readonly name = 'bench'
  readonly herd: Herd
  /** Seven addresses for members, of which the cluster uses the first three until it is scaled. */
  readonly addresses: ClusterAddresses
  readonly #signal: AbortSignal
  #session: Session | undefined

  private constructor(herd: Herd, addresses: ClusterAddresses, signal: AbortSignal) {
    this.herd = herd
    this.addresses = addresses
    this.#signal = signal
  }

  /** Writes the spec and starts nothing. */
  static async create(options: ClusterHerdOptions): Promise<ClusterHerd> {
    const addresses = await clusterAddresses()
    const herd = await Herd.create({ specText: specText(addresses, options) })
    return new ClusterHerd(herd, addresses, options.signal)
  }

  /** The cluster, up and whole; without a proof unless asked for, which drills need. */
  static async up(options: ClusterHerdOptions, proven = false): Promise<ClusterHerd> {
    const cluster = await ClusterHerd.create(options)
    try {
      await cluster.run('up', '--yes', ...(proven ? [] : ['--no-prove']))
      return cluster
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Runs a command as a user does; throws with all it said when it fails (findings are none). */
  async run(...args: readonly string[]): Promise<Run> {
    return await this.runTelling(args, () => undefined)
  }

  /** The same, and hands out each line the moment it is said. */
  async runTelling(args: readonly string[], hear: (line: string) => void): Promise<Run> {
    const running = this.herd.start(...args)
    running.listen((text) => text.split('\n').forEach(hear))
    // a command that is told to end undoes its fault and resumes the pools, and is waited for
    const run = await within(this.#signal, running.done, () => running.kill('SIGTERM')).catch(
      async (error: unknown) => {
        setTimeout(() => running.kill('SIGKILL'), 60_000).unref()
        await running.done
        throw error
      },
    )
    if (run.code > 1)
      throw new Error(`pgherd ${args.join(' ')} ended with ${run.code}:\n${run.stdout}\n${run.stderr}`)
    return run
  }

  async promised(): Promise<Promised> {
    const { promises } = (await this.run('plan', '--json')).json<{ promises?: Promised }>()
    if (!promises) throw new Error('a cluster promises something')
    return promises
  }

  /** Resolves once the cluster could bear the loss of a member; throws with what it waits for after two minutes. */
  async whole(): Promise<void> {
    const { spec } = await this.session()
    const access = await this.access()
    const until = performance.now() + 120_000
    for (;;) {
      const missing = weaknesses(spec, await observeCluster(access))
      if (missing.length === 0) return
      this.#signal.throwIfAborted()
      if (performance.now() > until) throw new Error(`the cluster is not whole: ${missing.join('; ')}`)
      await sleep(250)
    }
  }

  /** The parts of pgherd, for what no command does. */
  async session(): Promise<Session> {
    const globals = { spec: this.herd.specFile, json: true, yes: true }
    return (this.#session ??= await openSession(globals, { savedSpec: true }))
  }

  async access(): Promise<ClusterAccess> {
    const { cluster } = await this.session()
    if (!cluster) throw new Error('a cluster has access to itself')
    return cluster
  }

  async context(): Promise<OperationContext> {
    const globals = { spec: this.herd.specFile, json: true, yes: true }
    const session = await this.session()
    return session.context({
      globals,
      args: [],
      options: {},
      output: createOutput(true),
      signal: this.#signal,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.herd[Symbol.asyncDispose]()
    await this.addresses[Symbol.asyncDispose]()
  }
}

function specText({ members, gateway }: ClusterAddresses, options: ClusterHerdOptions): string {
  const { failover = 'normal', durability = 'sync', memory = '512MB', more = '' } = options
  return `name: bench
postgres: { version: 15, binaries: system, memory: ${memory} }
topology:
  members: 3
  addresses: [${members.slice(0, 3).join(', ')}]
  gateway: ${gateway}
  failover: ${failover}
  durability: ${durability}
agent: { port: 5210 }
databases:
  app: { owner: app }
roles:
  app: { access: owner }
${more}`
}
