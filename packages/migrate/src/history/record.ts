import type { PgResult } from '../connection/pg-connection.ts'
import { inForce, qualified, type HistoryTable, type State } from './table.ts'

/** What the fast path reads of a migration in force. */
export interface Applied {
  readonly version: string
  readonly name: string
  readonly state: State
  readonly checksum: string
  /** Of a migration outside a transaction: how many of its statements are done. */
  readonly statementsDone: number
  readonly durationMs: number | undefined
}

const listed = inForce.map((state) => `'${state}'`).join(', ')

/** Reads what is in force, in order: the one round trip of a run that has nothing to do. */
export function readAppliedSql(at: HistoryTable): string {
  return `select version::text, name, state, checksum, statements_done, extract(epoch from finished_at - started_at)::float8 * 1000 as ms from ${qualified(at)} where state in (${listed}) order by ${qualified(at)}.version`
}

export function appliedOf({ rows }: PgResult): readonly Applied[] {
  return rows.map((row) => ({
    version: String(row['version']),
    name: String(row['name']),
    state: row['state'] as State,
    checksum: String(row['checksum']),
    statementsDone: Number(row['statements_done']),
    durationMs: row['ms'] === null ? undefined : Number(row['ms']),
  }))
}

/** One line of the history, with what happened to it since. */
export interface HistoryEntry {
  readonly version: string
  readonly name: string
  readonly state: State
  readonly appliedBy: string
  readonly appliedFrom: string | undefined
  readonly startedAt: Date
  readonly durationMs: number | undefined
  readonly undoneBy: string | undefined
  readonly undoneAt: Date | undefined
  readonly undoneMs: number | undefined
  readonly error: string | undefined
  readonly notes: readonly string[]
  readonly upText: string
  readonly downText: string | undefined
}

/** Reads everything that ever happened, oldest first. */
export function readHistorySql(at: HistoryTable): string {
  return `select version::text, name, state, applied_by, applied_from, started_at::text, extract(epoch from finished_at - started_at)::float8 * 1000 as ms, undone_by, undone_at::text, undone_ms, error, to_json(notes)::text as notes, up_text, down_text from ${qualified(at)} order by id`
}

export function historyOf({ rows }: PgResult): readonly HistoryEntry[] {
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
  const number = (value: unknown) => (value === null ? undefined : Number(value))
  return rows.map((row) => ({
    version: String(row['version']),
    name: String(row['name']),
    state: row['state'] as State,
    appliedBy: String(row['applied_by']),
    appliedFrom: text(row['applied_from']),
    startedAt: new Date(String(row['started_at'])),
    durationMs: number(row['ms']),
    undoneBy: text(row['undone_by']),
    undoneAt: typeof row['undone_at'] === 'string' ? new Date(row['undone_at']) : undefined,
    undoneMs: number(row['undone_ms']),
    error: text(row['error']),
    notes: JSON.parse(String(row['notes'])) as string[],
    upText: String(row['up_text']),
    downText: text(row['down_text']),
  }))
}
