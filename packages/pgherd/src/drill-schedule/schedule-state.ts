import { readTrustedFile } from '../hosts/local/supervisor/trusted-file.ts'
import type { ProcessIdentity } from '../hosts/local/process-identity.ts'
import { writeWholeFile } from '../hosts/whole-file.ts'
import type { Attempt, Due } from './attempt.ts'

/** Attempts kept. */
const kept = 200

/** What is remembered of one schedule. */
export interface Handled {
  /** The expression; with another one counting begins anew. */
  readonly cron: string
  /** Since when it is looked after. */
  readonly since: string
  /** Up to when its times have been dealt with. */
  readonly until: string
}

/** What survives the process: `<drills>/scheduled.json`. */
export interface ScheduleState {
  readonly version: 1
  readonly handled: Readonly<Record<string, Handled>>
  /** Due and not yet begun, in turn. */
  readonly queue: readonly Due[]
  /** The drill under way; without a process while it is being started. */
  readonly running: (Due & { readonly startedAt: string; readonly process: ProcessIdentity | null }) | null
  /** Oldest first. */
  readonly attempts: readonly Attempt[]
}

export const emptyState: ScheduleState = { version: 1, handled: {}, queue: [], running: null, attempts: [] }

/** Where the state is kept, in the directory of the drills. */
export function scheduleStatePath(drills: string): string {
  return `${drills}/scheduled.json`
}

/** Reads what `text` says; undefined when that is no state. */
export function parseState(text: string): ScheduleState | undefined {
  try {
    const state = JSON.parse(text) as Partial<ScheduleState> | null
    const sound =
      state?.version === 1 &&
      typeof state.handled === 'object' &&
      Array.isArray(state.queue) &&
      state.running !== undefined &&
      Array.isArray(state.attempts)
    return sound ? (state as ScheduleState) : undefined
  } catch {
    return undefined
  }
}

/** The state; an empty one when there is none yet, with the reason in `problem` when what is there cannot be used. */
export function readState(path: string): { readonly state: ScheduleState; readonly problem?: string } {
  try {
    // the directory belongs to the user PostgreSQL runs as
    const text = readTrustedFile(path)
    if (text === undefined) return { state: emptyState }
    const state = parseState(text)
    return state ? { state } : { state: emptyState, problem: 'it does not have the expected form' }
  } catch (error) {
    return { state: emptyState, problem: error instanceof Error ? error.message : String(error) }
  }
}

/** Without the oldest attempts when there are many. */
export function trimmed(state: ScheduleState): ScheduleState {
  return state.attempts.length > kept ? { ...state, attempts: state.attempts.slice(-kept) } : state
}

/** Writes the state whole or not at all; the agent, who may be another user, reads it. Throws DiagnosticError. */
export function writeState(path: string, state: ScheduleState): void {
  writeWholeFile(path, `${JSON.stringify(state, null, 1)}\n`, { mode: 0o644 })
}
