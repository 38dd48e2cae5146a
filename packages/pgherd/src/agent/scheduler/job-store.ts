import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { jobKinds, type JobKind, type JobRecord } from './job.ts'

export const historyLength = 200

interface StoredKind {
  /** Wall clock up to which the schedule was dealt with. */
  readonly handledUntil: string | null
  /** Failed runs in a row, and whether the newest is to be left alone until the schedule comes round. */
  readonly failures: number
  readonly final?: boolean
}

/** What survives a restart of the agent: `<state>/run/jobs.json`. */
export interface JobState {
  readonly version: 1
  /** Number of the next job, so that ids never come back. */
  readonly next: number
  readonly kinds: Readonly<Partial<Record<JobKind, StoredKind>>>
  /** Oldest first. */
  readonly history: readonly JobRecord[]
}

export const emptyState: JobState = { version: 1, next: 1, kinds: {}, history: [] }

/** Reads the state; a missing or damaged file is an empty state, with the reason in `problem`. */
export function readJobState(path: string): { readonly state: JobState; readonly problem: string | null } {
  let contents: string
  try {
    contents = readFileSync(path, 'utf8')
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return { state: emptyState, problem: missing ? null : String(error) }
  }
  try {
    const state = JSON.parse(contents) as JobState
    const sound =
      state.version === 1 &&
      Number.isInteger(state.next) &&
      typeof state.kinds === 'object' &&
      Array.isArray(state.history) &&
      state.history.every((each: JobRecord) => typeof each.id === 'string' && jobKinds.includes(each.kind))
    return sound
      ? { state, problem: null }
      : { state: emptyState, problem: 'it does not have the expected form' }
  } catch (error) {
    return { state: emptyState, problem: error instanceof Error ? error.message : String(error) }
  }
}

/** Writes the state whole or not at all: temporary file, fsync, rename. Throws what the file system throws. */
export function writeJobState(path: string, state: JobState): void {
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.new`
  const file = openSync(temporary, 'w', 0o600)
  try {
    writeSync(file, `${JSON.stringify(state)}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
}
