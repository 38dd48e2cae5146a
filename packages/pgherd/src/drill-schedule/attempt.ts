/**
 * What became of a due drill. `ran`: it has a result. `refused`: it might not begin, and nothing was done. `skipped`: it
 * was not even tried. `failed`: it began and could not be finished. `interrupted`: it was stopped or killed.
 */
export type AttemptOutcome = 'ran' | 'refused' | 'skipped' | 'failed' | 'interrupted'

/** One time a drill was due, and what became of it. Times are RFC 3339 in UTC. */
export interface Attempt {
  readonly drill: string
  readonly dueAt: string
  /** When the drill was started last; null when it never was. */
  readonly startedAt: string | null
  readonly endedAt: string
  readonly outcome: AttemptOutcome
  /** Id of the run in the history, when it ran. */
  readonly result: string | null
  /** Code of the finding that stood against it. */
  readonly code: string | null
  /** Why it did not run, in words. */
  readonly reason: string | null
}

/** A drill whose time has come. */
export interface Due {
  readonly drill: string
  readonly dueAt: string
}
