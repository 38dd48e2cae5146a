import { chmodSync, chownSync, existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { DiagnosticError } from '../../../diagnostic/diagnostic.ts'
import type { UnitState } from '../../host.ts'
import type { ControlRequest } from './control-protocol.ts'
import { startOrder } from './start-order.ts'
import { SupervisedUnit } from './supervised-unit.ts'
import type { SupervisorConfig } from './supervisor-config.ts'
import type { SupervisorPaths } from './supervisor-paths.ts'
import { definedUnits, readDefinition } from './unit-definition.ts'
import { rotateLog } from './unit-log.ts'
import { readRecords, writeRecords } from './unit-record.ts'

/** Looks after the units of one state directory. There is one per state directory (main.ts holds the lock). */
export class Supervisor {
  readonly #config: SupervisorConfig
  readonly #paths: SupervisorPaths
  readonly #units = new Map<string, SupervisedUnit>()
  /** Changes of one unit come one after the other. */
  readonly #queues = new Map<string, Promise<unknown>>()
  readonly #timers: NodeJS.Timeout[] = []
  #leaving = false
  /** Called when the supervisor has nothing more to do. */
  onEnd: () => void = () => undefined

  constructor(config: SupervisorConfig, paths: SupervisorPaths) {
    this.#config = config
    this.#paths = paths
  }

  /** Finds what runs, then starts what should run and does not, in the order of `after`. */
  async begin(): Promise<void> {
    const records = readRecords(this.#paths.record)
    for (const name of new Set([...definedUnits(this.#config.units), ...Object.keys(records)])) {
      const unit = new SupervisedUnit(name, records[name], this.#surroundings())
      this.#units.set(name, unit)
      this.#define(unit)
      unit.adopt()
    }
    this.#every(this.#config.timing.pollEvery, () => this.#poll())
    this.#every(this.#config.timing.rotateEvery, () => this.#rotate())
    for (const unit of startOrder([...this.#units.values()])) {
      if (unit.record.wanted !== 'running' || unit.record.process || !unit.unit) continue
      await this.#afterDependencies(unit)
      if (!this.#leaving)
        await this.#inTurn(unit.name, () => unit.start()).catch((error) =>
          this.#log(unit.name, messageOf(error)),
        )
    }
  }

  /** Carries out a request of the control socket and gives every unit's state. Throws when it is refused or failed. */
  async carryOut(request: ControlRequest): Promise<readonly UnitState[]> {
    switch (request.do) {
      case 'status':
        break
      case 'leave':
        this.#leave()
        break
      case 'shutdown':
        await this.stopAll(true)
        break
      case 'start':
      case 'stop':
      case 'restart':
      case 'reload':
        await this.#change(request.do, request.unit)
    }
    return startOrder([...this.#units.values()]).map((unit) => unit.state)
  }

  /** Stops every unit, dependents first. `forGood` false: they are wanted again when the next supervisor starts. */
  async stopAll(forGood: boolean): Promise<void> {
    this.#leaving = true
    for (const unit of startOrder([...this.#units.values()]).reverse()) {
      await this.#inTurn(unit.name, () => unit.stop(forGood)).catch((error) =>
        this.#log(unit.name, messageOf(error)),
      )
    }
    this.#leave()
  }

  async #change(action: 'start' | 'stop' | 'restart' | 'reload', name: string): Promise<void> {
    const unit = this.#units.get(name) ?? new SupervisedUnit(name, undefined, this.#surroundings())
    // read anew each time: a definition travels by file
    const unsafe = this.#define(unit)
    if (!this.#units.has(name) && unit.unit) this.#units.set(name, unit)
    if (!this.#units.has(name)) throw unsafe ?? new Error(`there is no unit ${name}`)
    if (unsafe && action !== 'stop') throw unsafe
    await this.#inTurn(name, async () => unit[action]())
    // not in turn: a server that recovers for long can still be stopped
    while (action !== 'reload' && unit.state.state === 'starting' && !this.#leaving) await sleep(20)
  }

  /** Gives why the definition cannot be used. */
  #define(unit: SupervisedUnit): Error | undefined {
    try {
      const definition = readDefinition(this.#config.units, unit.name)
      if (definition) unit.define(definition)
      return undefined
    } catch (error) {
      this.#log(unit.name, messageOf(error))
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  async #afterDependencies(unit: SupervisedUnit): Promise<void> {
    const until = Date.now() + this.#config.timing.dependencyPatience
    const waiting = () =>
      unit.unit?.after.some((name) => this.#units.get(name)?.state.state === 'starting') === true
    while (waiting() && Date.now() < until) await sleep(25)
  }

  #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#queues.get(name) ?? Promise.resolve()).catch(() => undefined).then(work)
    this.#queues.set(
      name,
      turn.catch(() => undefined),
    )
    return turn
  }

  #poll(): void {
    if (!existsSync(this.#paths.config) && !this.#leaving) {
      this.#log('supervisor', 'the state directory is gone: stopping everything')
      void this.stopAll(true)
      return
    }
    for (const unit of this.#units.values()) unit.poll()
  }

  #rotate(): void {
    const { timing, runAs, log } = this.#config
    const files = [...this.#units.values()].flatMap(({ unit }) => (unit ? [unit.logFile] : []))
    for (const file of new Set([...files, log])) {
      try {
        if (rotateLog(file, runAs, timing.logBytes, timing.logsKept))
          this.#log('supervisor', `rotated ${file}`)
      } catch (error) {
        this.#log('supervisor', `cannot rotate ${file}: ${messageOf(error)}`)
      }
    }
  }

  #every(milliseconds: number, work: () => void): void {
    this.#timers.push(setInterval(work, milliseconds))
  }

  #leave(): void {
    this.#leaving = true
    for (const timer of this.#timers) clearInterval(timer)
    for (const unit of this.#units.values()) unit.leave()
    this.onEnd()
  }

  #surroundings() {
    const { runAs, timing } = this.#config
    return {
      runAs,
      timing,
      save: () => this.#save(),
      log: (unit: string, event: string) => this.#log(unit, event),
    }
  }

  #save(): void {
    try {
      writeRecords(
        this.#paths.record,
        Object.fromEntries([...this.#units].map(([name, { record }]) => [name, record])),
      )
    } catch (error) {
      // a full disk must not stop the restart of a unit; the record is only needed after the supervisor's own death
      this.#log('supervisor', messageOf(error))
    }
  }

  #log(unit: string, event: string): void {
    console.log(JSON.stringify({ time: new Date().toISOString(), unit, event }))
  }
}

/** Lets the group of the user PostgreSQL runs as, and nobody else, talk to the supervisor. */
export function shareSocket(socket: string, config: SupervisorConfig): void {
  if (process.geteuid?.() === 0) chownSync(socket, 0, config.runAs.gid)
  chmodSync(socket, 0o660)
}

function messageOf(error: unknown): string {
  if (error instanceof DiagnosticError) return error.diagnostics.map((each) => each.detail).join('; ')
  return error instanceof Error ? error.message : String(error)
}
