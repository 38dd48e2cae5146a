import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { clusterAddresses } from '@pgherd/testbed/cluster-addresses.ts'
import { freePort } from '@pgherd/testbed/free-port.ts'
import { drillSwitchover } from '../src/cli/drill-switchover.ts'
import { createOutput } from '../src/cli/output.ts'
import { openSession, type Session } from '../src/cli/session.ts'
import { durabilityFindings, durabilityOf, type Durability } from '../src/components/patroni/durability.ts'
import type { OperationContext } from '../src/operations/context.ts'
import type { FailoverBounds } from '../src/operations/drill/drill.ts'
import { openRepositoryOf } from '../src/operations/open-repository.ts'
import { drillWorld } from '../src/operations/drill/drill-world.ts'
import { failoverBoundsOf } from '../src/operations/drill/failover-bounds.ts'
import { changeSpec, specText } from './chaos-spec.ts'
import { mountVolumes, unmountVolumes } from './own-volumes.ts'
import { mustRun } from './pgherd-process.ts'
import type { ChaosWorld } from './scenario.ts'

/** What the safety suite hurts, and the times it is allowed. */
export interface ChaosTarget {
  readonly world: ChaosWorld
  readonly bounds: FailoverBounds
  readonly durability: Durability
  /** False when the Patroni that is installed cannot give it. */
  offers(durability: Durability): boolean
  /** Changes the promise of the cluster, as a user does: in the spec, with `pgherd up`. */
  promise(durability: Durability): Promise<void>
}

type Say = (line: string) => void

/** A cluster that is up, known by its spec. */
export class ChaosCluster implements ChaosTarget, AsyncDisposable {
  readonly #file: string
  readonly #signal: AbortSignal
  readonly #say: Say
  readonly #dispose: () => Promise<void>
  #session: Session
  #context: OperationContext
  #world: ChaosWorld

  private constructor(
    file: string,
    session: Session,
    signal: AbortSignal,
    say: Say,
    dispose: () => Promise<void>,
  ) {
    this.#file = file
    this.#signal = signal
    this.#say = say
    this.#dispose = dispose
    this.#session = session
    this.#context = contextOf(session, signal, say)
    this.#world = worldOf(this.#context, session, file)
  }

  /** Brings up a cluster as a user does, on addresses of its own, and takes it down with everything it wrote. */
  static async bringUp(signal: AbortSignal, say: Say): Promise<ChaosCluster> {
    const addresses = await clusterAddresses()
    const directory = mkdtempSync(join(tmpdir(), 'chaos-'))
    chmodSync(directory, 0o755)
    const file = join(directory, 'pgherd.yaml')
    const state = join(directory, '.pgherd', 'chaos')
    writeFileSync(file, specText(addresses.members.slice(0, 3), addresses.gateway, await freePort()))
    const dispose = async () => {
      await mustRun(['down', '--spec', file, '--yes'])
      unmountVolumes(state)
      rmSync(directory, { recursive: true, force: true })
      await addresses[Symbol.asyncDispose]()
    }
    try {
      mountVolumes(state, ['pg1', 'pg2', 'pg3'])
      await mustRun(['up', '--spec', file, '--yes', '--no-prove'])
      await mustRun(['backup', '--spec', file, '--yes'])
      return new ChaosCluster(file, await sessionOf(file), signal, say, dispose)
    } catch (error) {
      await dispose()
      throw error
    }
  }

  /** Takes a cluster that is up and leaves it up, with the spec as it was. It must be one that nobody needs. */
  static async on(spec: string, signal: AbortSignal, say: Say): Promise<ChaosCluster> {
    const file = resolve(spec)
    const text = readFileSync(file, 'utf8')
    return new ChaosCluster(file, await sessionOf(file), signal, say, async () => {
      if (readFileSync(file, 'utf8') === text) return
      writeFileSync(file, text)
      await mustRun(['up', '--spec', file, '--yes', '--no-prove'])
    })
  }

  get world(): ChaosWorld {
    return this.#world
  }

  get bounds(): FailoverBounds {
    return failoverBoundsOf(this.#context)
  }

  get durability(): Durability {
    return durabilityOf(this.#session.spec)
  }

  offers(durability: Durability): boolean {
    const { spec, facts } = this.#session
    const wish = { ...spec, topology: { ...spec.topology, durability } }
    return durabilityFindings(wish, facts.programs.patroni?.version ?? '').length === 0
  }

  async promise(durability: Durability): Promise<void> {
    changeSpec(this.#file, ['topology', 'durability'], durability)
    await mustRun(['up', '--spec', this.#file, '--yes', '--no-prove'])
    this.#session = await sessionOf(this.#file)
    this.#context = contextOf(this.#session, this.#signal, this.#say)
    this.#world = worldOf(this.#context, this.#session, this.#file)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispose()
  }
}

function sessionOf(spec: string): Promise<Session> {
  return openSession({ spec, json: true, yes: true }, { savedSpec: true })
}

function contextOf(session: Session, signal: AbortSignal, say: Say): OperationContext {
  const globals = { spec: session.specFile, json: true, yes: true }
  const context = session.context({ globals, args: [], options: {}, output: createOutput(true), signal })
  return { ...context, report: say }
}

function worldOf(context: OperationContext, { cluster }: Session, specFile: string): ChaosWorld {
  if (!cluster) throw new Error('the safety suite is for clusters')
  return {
    ...drillWorld(context, { switchover: drillSwitchover(context) }),
    specFile,
    access: cluster,
    postgresBin: context.facts.postgres.bin,
    openRepository: () => openRepositoryOf(context),
  }
}
