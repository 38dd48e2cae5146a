import type { JobObservation } from '../../checks/observation.ts'
import { nextAfter } from '../../spec/schedule.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { retryDelay } from './back-off.ts'
import {
  jobKinds,
  type JobCause,
  type JobKind,
  type JobRecord,
  type JobResult,
  type JobRunner,
} from './job.ts'
import { JobQueue } from './job-queue.ts'
import { readJobState, writeJobState, type JobState } from './job-store.ts'
import { decideCron, type Schedule } from './schedule.ts'

/** A wall clock that moved this far from the monotonic one was set by somebody. */
const jumpMs = 30_000
/** Occurrences remembered against being run twice. */
const remembered = 20

interface KindState {
  handledUntil: Date | null
  failures: number
  /** The newest failure is not to be tried again before the schedule says so. */
  final: boolean
  /** Monotonic. */
  retryAt: number | null
  ran: Map<number, number>
  lastRun: number
}

export interface SchedulerOptions {
  readonly schedules: readonly Schedule[]
  readonly runner: JobRunner
  readonly clock: Clock
  readonly log: Log
  /** `<state>/run/jobs.json`. */
  readonly file: string
}

/** Starts jobs when they are due, and answers failures: tries again with growing pauses. */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #kinds: Record<JobKind, KindState>
  readonly #resume: readonly JobKind[]
  readonly queue: JobQueue
  #timer: NodeJS.Timeout | undefined
  #clockOffset: number

  constructor(options: SchedulerOptions) {
    this.#options = options
    const { clock, log } = options
    const { state, problem } = readJobState(options.file)
    if (problem)
      log.warn({ file: options.file }, `the job history cannot be read and starts anew: ${problem}`)
    this.#clockOffset = clock.now().getTime() - clock.monotonic()
    const cutOff = state.history.filter(
      (job) => job.state === 'queued' || job.state === 'running' || job.state === 'interrupted',
    )
    this.#kinds = Object.fromEntries(jobKinds.map((kind) => [kind, this.#restore(kind, state)])) as Record<
      JobKind,
      KindState
    >
    this.#resume = jobKinds.filter((kind) => {
      const last = state.history.findLast((job) => job.kind === kind)
      return (
        last !== undefined &&
        cutOff.includes(last) &&
        (retryDelay(kind, this.#kinds[kind].failures + 1) !== null || this.#kinds[kind].failures === 0)
      )
    })
    const at = clock.now().toISOString()
    this.queue = new JobQueue({
      ...options,
      history: state.history.map((job) =>
        job.state === 'queued' || job.state === 'running'
          ? { ...job, state: 'interrupted', finishedAt: at, progress: null, summary: 'the agent was killed' }
          : job,
      ),
      next: state.next,
      changed: () => this.#save(),
      finished: (job, result) => this.#finished(job, result),
    })
  }

  #restore(kind: JobKind, state: JobState): KindState {
    const { clock } = this.#options
    const kept = state.kinds[kind]
    const failures = kept?.failures ?? 0
    const final = kept?.final === true
    const delay = failures > 0 && !final ? retryDelay(kind, failures) : null
    return {
      handledUntil: kept?.handledUntil ? new Date(kept.handledUntil) : null,
      failures,
      final,
      retryAt: delay === null ? null : clock.monotonic() + delay * 1000,
      ran: new Map(),
      lastRun: -Infinity,
    }
  }

  start(): void {
    for (const kind of this.#resume) {
      // counted as a failure, so that a job that kills the agent is not started for ever
      this.#kinds[kind].failures++
      this.queue.add(kind, 'resume')
    }
    this.tick()
    this.#timer = setInterval(() => this.tick(), 1000)
  }

  /** Starts a job that a person or an event asked for; undefined when one of its kind is under way. */
  request(kind: JobKind, cause: JobCause = 'request'): JobRecord | undefined {
    return this.queue.add(kind, cause)
  }

  /** When the schedule comes round next, for people. */
  nextRun(kind: JobKind): Date | null {
    const schedule = this.#options.schedules.find((each) => each.kind === kind)
    if (!schedule) return null
    const { clock } = this.#options
    if ('cron' in schedule) return nextAfter(schedule.cron, clock.now())
    return new Date(
      clock.now().getTime() +
        Math.max(0, this.#kinds[kind].lastRun + schedule.everySeconds * 1000 - clock.monotonic()),
    )
  }

  /** The newest finished run of each kind, for checks. */
  observe(): readonly JobObservation[] {
    return jobKinds.flatMap((kind) => {
      const last = this.queue.history.findLast(
        (job) => job.kind === kind && (job.state === 'done' || job.state === 'failed'),
      )
      if (!last) return []
      const reason = last.state === 'failed' ? (last.findings[0]?.detail ?? last.summary) : null
      return [
        {
          kind,
          ok: last.state === 'done',
          finishedAt: last.finishedAt ?? last.queuedAt,
          failures: this.#kinds[kind].failures,
          reason,
        },
      ]
    })
  }

  /** Looks at both clocks and starts what is due. Called once a second. */
  tick(): void {
    const { clock, log, schedules } = this.#options
    const now = clock.now()
    const monotonic = clock.monotonic()
    const offset = now.getTime() - monotonic
    const jump = offset - this.#clockOffset
    this.#clockOffset = offset
    if (Math.abs(jump) > jumpMs)
      log.warn(
        { seconds: Math.round(jump / 1000) },
        `the wall clock was set ${jump < 0 ? 'back' : 'forward'}; schedules go by the new time`,
      )
    for (const schedule of schedules) {
      const state = this.#kinds[schedule.kind]
      if (state.retryAt !== null && monotonic >= state.retryAt) {
        state.retryAt = null
        this.queue.add(schedule.kind, 'retry')
      }
      if ('everySeconds' in schedule) {
        if (monotonic - state.lastRun < schedule.everySeconds * 1000) continue
        const first = state.lastRun === -Infinity
        state.lastRun = monotonic
        this.queue.add(schedule.kind, first ? 'start' : 'schedule')
      } else this.#tickCron(schedule.kind, schedule.cron, state, now, monotonic)
    }
  }

  #tickCron(kind: JobKind, cron: string, state: KindState, now: Date, monotonic: number): void {
    if (state.handledUntil === null) {
      // first start ever: what lies before it was nobody's to do
      state.handledUntil = now
      this.#save()
      return
    }
    const decision = decideCron(cron, { handledUntil: state.handledUntil, ran: state.ran }, now, monotonic)
    state.handledUntil = decision.handledUntil
    if (!decision.due) return
    if (decision.repeated) {
      this.#options.log.warn(
        { kind, occurrence: decision.occurrence.toISOString() },
        `skipped a ${kind}: it ran at this time already, before the clock was set back`,
      )
      this.#save()
      return
    }
    state.ran.set(decision.occurrence.getTime(), monotonic)
    for (const old of [...state.ran.keys()].slice(0, -remembered)) state.ran.delete(old)
    state.retryAt = null
    if (!this.queue.add(kind, decision.late ? 'catch-up' : 'schedule')) this.#save()
  }

  #finished(job: JobRecord, result: JobResult): void {
    const state = this.#kinds[job.kind]
    const { clock, log } = this.#options
    if (result.ok) {
      state.failures = 0
      state.final = false
      state.retryAt = null
      // a backup removes what it makes superfluous; only a proof can make more so
      if (job.kind === 'backup' && result.proofOwed === true) this.queue.add('proof', 'new-backup')
      if (job.kind === 'proof') this.queue.add('retention', 'new-proof')
    } else {
      state.failures++
      state.final = result.final === true
      const delay = state.final ? null : retryDelay(job.kind, state.failures)
      state.retryAt = delay === null ? null : clock.monotonic() + delay * 1000
      if (delay !== null)
        log.info({ kind: job.kind, seconds: delay }, `${job.kind} is tried again in ${delay} s`)
    }
    this.#save()
  }

  #save(): void {
    const state: JobState = {
      version: 1,
      next: this.queue.next,
      kinds: Object.fromEntries(
        jobKinds.map((kind) => [
          kind,
          {
            handledUntil: this.#kinds[kind].handledUntil?.toISOString() ?? null,
            failures: this.#kinds[kind].failures,
            final: this.#kinds[kind].final,
          },
        ]),
      ),
      history: this.queue.history,
    }
    try {
      writeJobState(this.#options.file, state)
    } catch (error) {
      this.#options.log.error(
        { err: error, file: this.#options.file },
        'the job history cannot be written; a restart would forget the newest runs',
      )
    }
  }

  /** Stops running jobs within `deadlineMs` and writes the state. */
  async stop(deadlineMs: number): Promise<void> {
    clearInterval(this.#timer)
    await this.queue.stop(deadlineMs)
  }
}
