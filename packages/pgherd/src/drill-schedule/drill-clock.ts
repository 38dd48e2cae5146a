import type { DrillsFile } from '../components/drills/drills-file.ts'
import { runs } from '../hosts/local/process-identity.ts'
import type { Attempt, Due } from './attempt.ts'
import { call, type Call } from './call.ts'
import { lookAtSchedule, skipped } from './due.ts'
import { findFault, resultSince } from './leftover.ts'
import { mayPass, outcomeOf, type Outcome } from './outcome.ts'
import { readState, scheduleStatePath, trimmed, writeState, type ScheduleState } from './schedule-state.ts'

/** How long a due drill waits for a backup, a proof or another drill to end; after that its time has passed. */
const patienceMs = 15 * 60_000
/** Pause before what was refused or failed is tried again. */
const pauseMs = 30_000

/** What a drill came to that an earlier process of ours had started. */
const abandoned: Outcome = {
  outcome: 'interrupted',
  result: null,
  code: null,
  reason: 'pgherd was killed in the middle of it, and there is no result',
}

export type Log = (level: 'info' | 'warn' | 'error', message: string, fields?: object) => void

/** Runs what is due, one drill at a time, and undoes what killed ones leave behind. Every second, `tick`. */
export class DrillClock {
  readonly #file: DrillsFile
  readonly #log: Log
  readonly #path: string
  #state: ScheduleState
  #work: Promise<void> | undefined
  #call: Call | undefined
  #stopping = false
  /** Nothing is tried before, by the monotonic clock. */
  #pausedUntil = 0
  /** Why the drill at the head of the queue could not begin, the last time. */
  #against: Pick<Attempt, 'startedAt' | 'code' | 'reason'> | undefined

  constructor(file: DrillsFile, log: Log) {
    this.#file = file
    this.#log = log
    this.#path = scheduleStatePath(file.drills)
    const { state, problem } = readState(this.#path)
    if (problem !== undefined) log('warn', `what was remembered of the schedule is lost: ${problem}`)
    this.#state = state
  }

  /** Looks at the clock, and goes on with the work. Never throws. */
  tick(now: Date = new Date()): void {
    if (this.#stopping) return
    try {
      const state = lookAtSchedule(this.#file.schedule, this.#state, now)
      for (const each of state.attempts.slice(this.#state.attempts.length))
        this.#log('warn', `${each.drill} was skipped: ${each.reason ?? ''}`, { dueAt: each.dueAt })
      if (state !== this.#state) this.#remember(state)
    } catch (error) {
      this.#log('error', messageOf(error))
    }
    if (performance.now() < this.#pausedUntil) return
    this.#work ??= this.#next()
      .catch((error: unknown) => {
        this.#pause()
        this.#log('error', messageOf(error))
      })
      .finally(() => (this.#work = undefined))
  }

  /** Ends: a drill under way is asked to undo its fault, and waited for. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#call?.stop()
    await this.#work
  }

  /** In this order: what an earlier process began, faults that nobody undoes, the next drill. */
  async #next(): Promise<void> {
    const { running } = this.#state
    if (running) {
      if (running.process && runs(running.process)) return
      await this.#settle(running, running.startedAt, abandoned)
    }
    await this.#heal()
    const [due] = this.#state.queue
    if (due && !this.#stopping && performance.now() >= this.#pausedUntil) await this.#run(due)
  }

  async #run(due: Due): Promise<void> {
    const now = new Date()
    const startedAt = now.toISOString()
    if (now.getTime() - Date.parse(due.dueAt) > patienceMs) {
      this.#giveUp(due, startedAt)
      return
    }
    this.#log('info', `${due.drill} is due`, { dueAt: due.dueAt })
    // before and after: killed in between, the drill must not be started a second time
    this.#remember({ ...this.#state, running: { ...due, startedAt, process: null } })
    const started = call(this.#argv(due.drill, '--scheduled'))
    this.#call = started
    try {
      this.#remember({ ...this.#state, running: { ...due, startedAt, process: started.process } })
    } catch (error) {
      this.#log('error', messageOf(error))
    }
    const end = await started.end
    this.#call = undefined
    await this.#settle(due, startedAt, outcomeOf(end))
  }

  /** Writes down how a drill went; one that only somebody is in the way of stays in the queue. */
  async #settle({ drill, dueAt }: Due, startedAt: string, outcome: Outcome): Promise<void> {
    if (mayPass(outcome)) {
      this.#against = { startedAt, code: outcome.code, reason: outcome.reason }
      this.#pause()
      this.#remember({ ...this.#state, running: null })
      this.#log('info', `${drill} waits: ${outcome.reason ?? ''}`)
      return
    }
    const result = outcome.result ?? resultSince(this.#file.drills, drill, startedAt)
    const healed = await this.#heal()
    const reason = `${outcome.reason ?? ''}${healed ? '; its fault was undone' : ''}`
    const went: Outcome =
      result === null ? { ...outcome, reason } : { outcome: 'ran', result, code: null, reason: null }
    this.#record({ drill, dueAt, startedAt, endedAt: new Date().toISOString(), ...went })
  }

  #giveUp({ drill, dueAt }: Due, endedAt: string): void {
    this.#record(
      this.#against
        ? { drill, dueAt, ...this.#against, endedAt, outcome: 'refused', result: null }
        : skipped({ drill, dueAt }, endedAt, 'its time passed while it waited for others'),
    )
  }

  #record(attempt: Attempt): void {
    const { drill, outcome, reason, dueAt, result } = attempt
    const { queue, attempts } = this.#state
    this.#against = undefined
    this.#log(
      outcome === 'ran' ? 'info' : 'warn',
      `${drill} ${outcome}${reason === null ? '' : `: ${reason}`}`,
      {
        dueAt,
        result,
      },
    )
    this.#remember({
      ...this.#state,
      queue: queue.filter((each) => each.drill !== drill || each.dueAt !== dueAt),
      running: null,
      attempts: [...attempts, attempt],
    })
  }

  /** Undoes a fault whose drill is gone, also of one that was started by hand. Gives true when it did. */
  async #heal(): Promise<boolean> {
    const fault = findFault(this.#file.drills)
    if (!fault || fault.attended || this.#stopping) return false
    this.#log(
      'warn',
      `the fault of ${fault.drill} is still in force, and whoever made it is gone: undoing it`,
    )
    const end = await call(this.#argv('--heal')).end
    if (end.code === 0) {
      this.#log('info', `the fault of ${fault.drill} is undone`)
      return true
    }
    this.#pause()
    this.#log('error', `the fault of ${fault.drill} is not undone: ${outcomeOf(end).reason ?? ''}`)
    return false
  }

  #argv(...args: readonly string[]): readonly string[] {
    const { command, place } = this.#file
    return [...command, 'drill', ...args, '--json', ...place]
  }

  #pause(): void {
    this.#pausedUntil = performance.now() + pauseMs
  }

  #remember(state: ScheduleState): void {
    this.#state = trimmed(state)
    writeState(this.#path, this.#state)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
