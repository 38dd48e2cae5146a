import { hostname, userInfo } from 'node:os'
import { defaultTable, type HistoryTable } from '../history/table.ts'
import type { Policy } from '../history/judge.ts'

/** What happens while migrations run, as it happens. */
export type RunEvent =
  | { readonly kind: 'waiting-for-runner'; readonly waitedMs: number }
  | { readonly kind: 'running'; readonly versions: readonly string[] }
  | { readonly kind: 'retrying'; readonly version: string; readonly attempt: number; readonly waitMs: number }

export interface RunOptions extends Policy {
  /** Where the history lies; `pgherd_migrate.history` when left out. */
  readonly table?: HistoryTable
  /** Who runs this, as the history tells it: a person, a job, a release. The system's user and host when left out. */
  readonly who?: string
  /** How long a statement may wait for a lock, in ms. While it waits, everybody who comes later waits behind it. */
  readonly lockTimeoutMs?: number
  /** How often a migration is tried that did not get its lock or was chosen as the victim of a deadlock. */
  readonly attempts?: number
  /** The pause before the second attempt, in ms; it doubles up to 10 s, and chance takes or adds up to 30 %. */
  readonly firstPauseMs?: number
  /** How long a statement inside a transaction may run, in ms; 0 for as long as it takes. */
  readonly statementTimeoutMs?: number
  /** How long to wait for another runner, in ms. */
  readonly runnerWaitMs?: number
  /** Told what happens while it happens: each migration begun and done, each wait for a lock. */
  readonly onEvent?: (event: RunEvent) => void
}

export type Settled = Required<Omit<RunOptions, 'outOfOrder' | 'ahead'>> & Policy

/** Fills in what was left out. */
export function settle(options: RunOptions): Settled {
  return {
    table: options.table ?? defaultTable,
    who: options.who ?? systemUser(),
    lockTimeoutMs: options.lockTimeoutMs ?? 1000,
    attempts: options.attempts ?? 12,
    firstPauseMs: options.firstPauseMs ?? 250,
    statementTimeoutMs: options.statementTimeoutMs ?? 900_000,
    runnerWaitMs: options.runnerWaitMs ?? 600_000,
    onEvent: options.onEvent ?? (() => undefined),
    outOfOrder: options.outOfOrder ?? 'refuse',
    ahead: options.ahead ?? 'refuse',
  }
}

function systemUser(): string {
  try {
    return `${userInfo().username}@${hostname()}`
  } catch {
    // a container may run as a user id that its passwd does not know
    return hostname()
  }
}
