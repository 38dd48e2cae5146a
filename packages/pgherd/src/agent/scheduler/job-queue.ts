import { diagnose, DiagnosticError, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { lockOf, type JobCause, type JobKind, type JobRecord, type JobResult, type JobRunner } from './job.ts'
import { historyLength } from './job-store.ts'

export interface QueueOptions {
  readonly runner: JobRunner
  readonly clock: Clock
  readonly log: Log
  readonly history: readonly JobRecord[]
  readonly next: number
  /** Told after every change of state that must survive a restart. */
  readonly changed: () => void
  /** Told when a job ended by itself, not when it was interrupted. */
  readonly finished: (job: JobRecord, result: JobResult) => void
}

/** Runs jobs one at a time per lock and remembers the last 200. */
export class JobQueue {
  readonly #options: QueueOptions
  readonly #jobs: JobRecord[]
  readonly #running = new Map<string, Promise<void>>()
  readonly #stop = new AbortController()
  #next: number

  constructor(options: QueueOptions) {
    this.#options = options
    this.#jobs = [...options.history]
    this.#next = options.next
  }

  /** Oldest first. */
  get history(): readonly JobRecord[] {
    return this.#jobs
  }

  get next(): number {
    return this.#next
  }

  find(id: string): JobRecord | undefined {
    return this.#jobs.find((job) => job.id === id)
  }

  /** The queued or running job of a kind. */
  underWay(kind: JobKind): JobRecord | undefined {
    return this.#jobs.find((job) => job.kind === kind && (job.state === 'queued' || job.state === 'running'))
  }

  /** Queues a run; gives undefined when the same kind is under way already (or the agent is stopping). */
  add(kind: JobKind, cause: JobCause): JobRecord | undefined {
    const { log, clock, changed } = this.#options
    const other = this.underWay(kind)
    if (this.#stop.signal.aborted) return undefined
    if (other) {
      log.warn({ job: other.id, kind, cause }, `skipped a ${kind}: ${other.id} is still ${other.state}`)
      return undefined
    }
    const now = clock.now()
    const job: JobRecord = {
      id: `${kind}-${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${this.#next++}`,
      kind,
      cause,
      state: 'queued',
      queuedAt: now.toISOString(),
      startedAt: null,
      finishedAt: null,
      seconds: null,
      progress: null,
      summary: null,
      findings: [],
    }
    this.#jobs.push(job)
    while (this.#jobs.length > historyLength) this.#jobs.shift()
    log.info({ job: job.id, cause }, `queued ${kind}`)
    changed()
    this.#startNext(lockOf[kind])
    return job
  }

  #replace(id: string, change: Partial<JobRecord>): JobRecord | undefined {
    const index = this.#jobs.findIndex((job) => job.id === id)
    const old = this.#jobs[index]
    if (!old) return undefined
    const job = { ...old, ...change }
    this.#jobs[index] = job
    return job
  }

  #startNext(lock: string): void {
    if (this.#running.has(lock) || this.#stop.signal.aborted) return
    const job = this.#jobs.find((each) => each.state === 'queued' && lockOf[each.kind] === lock)
    if (!job) return
    const run = this.#run(job).finally(() => {
      this.#running.delete(lock)
      this.#startNext(lock)
    })
    this.#running.set(lock, run)
  }

  async #run(job: JobRecord): Promise<void> {
    const { clock, log, runner, changed, finished } = this.#options
    const started = clock.monotonic()
    this.#replace(job.id, { state: 'running', startedAt: clock.now().toISOString() })
    changed()
    log.info({ job: job.id, cause: job.cause }, `started ${job.kind}`)
    let result: JobResult
    try {
      result = await runner.run(job.kind, {
        signal: this.#stop.signal,
        report: (message, share) =>
          void this.#replace(job.id, { progress: { message, share: share ?? null } }),
      })
    } catch (error) {
      result = {
        ok: false,
        summary: error instanceof Error ? error.message : String(error),
        findings: findingsOf(error),
      }
      if (!(error instanceof DiagnosticError))
        log.error({ job: job.id, err: error }, `${job.kind} ended with an unexpected error`)
    }
    const interrupted = this.#stop.signal.aborted && !result.ok
    const ended = this.#replace(job.id, {
      state: result.ok ? 'done' : interrupted ? 'interrupted' : 'failed',
      finishedAt: clock.now().toISOString(),
      seconds: Math.round(clock.monotonic() - started) / 1000,
      progress: null,
      summary: result.summary,
      findings: result.findings ?? [],
    })
    changed()
    if (!ended || interrupted) return
    if (result.ok && !result.findings?.length)
      log.info({ job: job.id, seconds: ended.seconds }, `${job.kind}: ${result.summary}`)
    else if (result.ok)
      log.warn(
        { job: job.id, codes: result.findings?.map((each) => each.code) },
        `${job.kind}: ${result.summary}`,
      )
    else
      log.error(
        { job: job.id, codes: result.findings.map((each) => each.code) },
        `${job.kind} failed: ${result.summary}`,
      )
    finished(ended, result)
  }

  /** Stops what runs and waits for it, at most `deadlineMs`; what does not stop is recorded as interrupted. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stop.abort(new Error('the agent is stopping'))
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadlineMs)
    })
    await Promise.race([Promise.allSettled(this.#running.values()), deadline])
    clearTimeout(timer)
    const at = this.#options.clock.now().toISOString()
    for (const job of this.#jobs)
      if (job.state === 'queued' || job.state === 'running')
        this.#replace(job.id, {
          state: 'interrupted',
          finishedAt: at,
          progress: null,
          summary: 'the agent stopped',
        })
    this.#options.changed()
  }
}

function findingsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof DiagnosticError) return error.diagnostics
  return [
    diagnose('JOB_DEFECT', {
      detail: error instanceof Error ? error.message : String(error),
      mend: mend.run('pgherd', 'logs', 'agent'),
    }),
  ]
}
