import type { Diagnostic } from './diagnostic/diagnostic.ts'
import { judge, type Policy } from './history/judge.ts'
import { readApplied, readEntries } from './history/read-history.ts'
import type { HistoryEntry } from './history/record.ts'
import { defaultTable, type HistoryTable } from './history/table.ts'
import type { PgConnection } from './connection/pg-connection.ts'
import { Session } from './connection/session.ts'
import { compareVersions, type Migration } from './source/migration.ts'

export interface StatusOptions extends Policy {
  readonly table?: HistoryTable
}

export interface StatusLine {
  readonly version: string
  readonly name: string
  readonly state: 'applied' | 'baseline' | 'running' | 'undoing' | 'pending'
  /** Undefined for a baseline and for what is pending. */
  readonly durationMs: number | undefined
  readonly hasFile: boolean
}

export interface Status {
  /** Files and applied migrations together, in order. */
  readonly migrations: readonly StatusLine[]
  readonly pending: readonly Migration[]
  /** Everything that does not fit, as `verify` gives it. */
  readonly findings: readonly Diagnostic[]
}

/**
 * What is applied, what is pending and what does not fit. Changes nothing; one round trip.
 *
 * @throws MigrateError MIGRATE_TABLE_DAMAGED.
 */
export async function status(
  connection: PgConnection,
  migrations: readonly Migration[],
  options: StatusOptions = {},
): Promise<Status> {
  await using session = await Session.open(connection)
  const applied = await readApplied(session, options.table ?? defaultTable)
  const files = new Set(migrations.map(({ version }) => version))
  const { pending, findings } = judge(migrations, applied, options)
  const lines = [
    ...applied.map(({ version, name, state, durationMs }) => ({
      version,
      name,
      state: state as StatusLine['state'],
      durationMs,
      hasFile: files.has(version),
    })),
    ...pending.map(({ version, name }) => ({
      version,
      name,
      state: 'pending' as const,
      durationMs: undefined,
      hasFile: true,
    })),
  ]
  return { migrations: lines.toSorted((a, b) => compareVersions(a.version, b.version)), pending, findings }
}

/**
 * Everything that ever happened to the schema, oldest first: who, from where, when, how long, both texts, failures, undoing
 * and repairs. Changes nothing.
 *
 * @throws MigrateError MIGRATE_TABLE_DAMAGED.
 */
export async function history(
  connection: PgConnection,
  options: { readonly table?: HistoryTable } = {},
): Promise<readonly HistoryEntry[]> {
  await using session = await Session.open(connection)
  return await readEntries(session, options.table ?? defaultTable)
}
