import { randomUUID } from 'node:crypto'
import type { Unit } from '../../../components/component.ts'
import type { RunAs } from '../../../topology/host-facts.ts'
import type { UnitState } from '../../host.ts'
import { findByEnvironment, identify, runs, type ProcessIdentity } from '../process-identity.ts'
import { findPostmaster, removeDeadLocks } from './postmaster-file.ts'
import { backOffDelay, type Timing } from './timing.ts'
import { dataDirectoryOf, type UnitDefinition } from './unit-definition.ts'
import { launch, markVariable } from './unit-launch.ts'
import { stopProcess } from './unit-stop.ts'
import type { UnitRecord } from './unit-record.ts'

export interface UnitSurroundings {
  readonly runAs: RunAs
  readonly timing: Timing
  /** Called before and after everything that must survive the supervisor. */
  save(): void
  log(unit: string, event: string): void
}

/** Told for a process that somebody else started: it never equals a digest, so a start with a definition restarts it. */
const unknownDefinition = 'unknown'

/** One unit: at most one process, started again when it ends by itself. */
export class SupervisedUnit {
  readonly name: string
  #definition: UnitDefinition | undefined
  #state: UnitState['state'] = 'stopped'
  #record: UnitRecord
  /** Ends of the process are told by its `exit` event; adopted ones must be looked at. */
  #isChild = false
  #failures = 0
  #startedAt = 0
  #stopping = false
  #timer: NodeJS.Timeout | undefined
  readonly #around: UnitSurroundings

  constructor(name: string, record: UnitRecord | undefined, around: UnitSurroundings) {
    this.name = name
    this.#record = record ?? { wanted: 'stopped', restarts: 0 }
    this.#around = around
  }

  get record(): UnitRecord {
    return this.#record
  }

  get unit(): Unit | undefined {
    return this.#definition?.unit
  }

  get state(): UnitState {
    const { process, since, restarts, definition, lastExit } = this.#record
    return {
      name: this.name,
      state: this.#state,
      supervised: true,
      restarts,
      ...(process ? { pid: process.pid } : {}),
      ...(process && since ? { since } : {}),
      ...(process && definition ? { definition } : {}),
      ...(lastExit ? { lastExit } : {}),
    }
  }

  /** Takes the definition that the next start will use. */
  define(definition: UnitDefinition): void {
    this.#definition = definition
  }

  /**
   * Finds the process that an earlier supervisor, or somebody else, left running: by what was recorded, by its mark,
   * by postmaster.pid. Gives true when there is one.
   */
  adopt(): boolean {
    const { process, mark } = this.#record
    const data = this.unit && dataDirectoryOf(this.unit)
    const known = process && runs(process) ? process : undefined
    const postmaster = known || data === undefined ? undefined : findPostmaster(data)?.process
    // a server's children carry its mark as well and can outlive it, so a server is found by postmaster.pid only
    const marked =
      known || data !== undefined || mark === undefined
        ? undefined
        : findByEnvironment(`${markVariable}=${mark}`)
    const running = known ?? postmaster ?? marked
    if (!running) {
      if (process) this.#remember({ process: undefined, lastExit: 'ended while no supervisor ran' })
      return false
    }
    const definition =
      postmaster || this.#record.definition === undefined ? unknownDefinition : this.#record.definition
    this.#isChild = false
    this.#startedAt = Date.now()
    this.#remember({
      wanted: 'running',
      mark: undefined,
      process: running,
      definition,
      since: this.#record.since ?? new Date().toISOString(),
    })
    this.#around.log(this.name, `adopted pid ${running.pid}`)
    this.#await(running)
    return true
  }

  /** Starts the unit unless it runs with its present definition; one that runs with another is started anew. */
  async start(): Promise<void> {
    const wanted = this.#requireDefinition()
    // somebody may have started a server by hand: it is found before it is decided whether it is the right one
    const known = this.#record.process
    if (known ? runs(known) : this.adopt()) {
      if (this.#record.definition === wanted.digest) return this.#remember({ wanted: 'running' })
      await this.stop()
    }
    clearTimeout(this.#timer)
    this.#failures = 0
    this.#remember({ wanted: 'running', restarts: 0 })
    this.#launch()
  }

  /** Stops the unit and waits for its end; it stays stopped. `forGood` false: it is wanted again at the next start of a supervisor. */
  async stop(forGood = true): Promise<void> {
    clearTimeout(this.#timer)
    this.#stopping = true
    try {
      if (forGood) this.#remember({ wanted: 'stopped' })
      const { process } = this.#record
      if (process) await stopProcess(process, this.unit?.stop ?? { signal: 'SIGTERM', timeoutSeconds: 10 })
      this.#remember({ process: undefined })
      this.#state = 'stopped'
      this.#around.log(this.name, 'stopped')
    } finally {
      this.#stopping = false
    }
  }

  async restart(): Promise<void> {
    this.#requireDefinition()
    await this.stop()
    await this.start()
  }

  /** Makes the program read its files again. */
  reload(): void {
    const signal = this.unit?.reload?.signal
    const { process: running } = this.#record
    if (!signal) throw new Error(`unit ${this.name} cannot be reloaded`)
    if (!running || !runs(running)) throw new Error(`unit ${this.name} does not run`)
    process.kill(running.pid, signal)
  }

  /** Looks whether an adopted process has ended; forgets failures after a stable time. */
  poll(): void {
    const { process } = this.#record
    if (!process || this.#stopping) return
    if (!this.#isChild && !runs(process))
      return this.#ended(process, 'ended; it was no child of this supervisor, so the reason is unknown')
    if (this.#failures > 0 && Date.now() - this.#startedAt >= this.#around.timing.stableAfter)
      this.#failures = 0
  }

  /** Ends timers: the supervisor leaves and the process stays. */
  leave(): void {
    clearTimeout(this.#timer)
    this.#stopping = true
  }

  #launch(): void {
    const { unit, digest } = this.#requireDefinition()
    // never a second server on one data directory, whoever started the first
    if (this.adopt()) return
    const data = dataDirectoryOf(unit)
    if (data !== undefined && removeDeadLocks(data))
      this.#around.log(this.name, `removed the locks of a dead server in ${data}`)
    const mark = randomUUID()
    this.#state = 'starting'
    this.#startedAt = Date.now()
    this.#remember({ mark, process: undefined, definition: digest, since: new Date().toISOString() })
    try {
      const child = launch(unit, this.#around.runAs, mark)
      const started = child.pid === undefined ? undefined : identify(child.pid)
      child.once('error', (error) => this.#failed(`could not be started: ${error.message}`))
      if (child.pid === undefined) return
      // a program that has ended already has no identity any more; its exit event is still to come
      const process = started ?? { pid: child.pid, started: 'ended' }
      this.#isChild = true
      this.#remember({ process, mark: undefined })
      this.#around.log(this.name, `started pid ${process.pid}`)
      child.once('exit', (code, signal) =>
        this.#ended(process, signal ? `killed by ${signal}` : `exited with code ${code ?? 'unknown'}`),
      )
      this.#await(process)
    } catch (error) {
      this.#failed(`could not be started: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  /** `running` once PostgreSQL says it accepts connections; any other program once it has lived a little. */
  #await(process: ProcessIdentity): void {
    const data = this.unit && dataDirectoryOf(this.unit)
    this.#state = 'starting'
    const look = () => {
      if (this.#record.process?.pid !== process.pid || this.#state !== 'starting') return
      const postmaster = data === undefined ? undefined : findPostmaster(data)
      const ready =
        data === undefined
          ? Date.now() - this.#startedAt >= this.#around.timing.settleAfter
          : postmaster?.ready === true && postmaster.process.pid === process.pid
      if (ready && runs(process)) this.#state = 'running'
      else this.#timer = setTimeout(look, 25)
    }
    if (this.#isChild || data !== undefined) look()
    else this.#state = 'running'
  }

  #ended(process: ProcessIdentity, how: string): void {
    if (this.#record.process?.pid !== process.pid || this.#record.process.started !== process.started) return
    if (this.#stopping) return
    this.#remember({ process: undefined, lastExit: how })
    this.#failed(how)
  }

  #failed(how: string): void {
    clearTimeout(this.#timer)
    if (Date.now() - this.#startedAt >= this.#around.timing.stableAfter) this.#failures = 0
    this.#failures += 1
    const delay = backOffDelay(this.#failures, this.#around.timing, Math.random())
    this.#state = 'backing-off'
    this.#remember({ process: undefined, mark: undefined, lastExit: how })
    this.#around.log(this.name, `${how}; next start in ${delay} ms`)
    this.#timer = setTimeout(() => {
      this.#remember({ restarts: this.#record.restarts + 1 })
      this.#launch()
    }, delay)
  }

  #requireDefinition(): UnitDefinition {
    if (this.#definition) return this.#definition
    throw new Error(`unit ${this.name} has no definition`)
  }

  #remember(change: { [K in keyof UnitRecord]?: UnitRecord[K] | undefined }): void {
    const merged = Object.entries({ ...this.#record, ...change }).filter(([, value]) => value !== undefined)
    this.#record = Object.fromEntries(merged) as unknown as UnitRecord
    this.#around.save()
  }
}
