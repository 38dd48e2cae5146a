import { diagnose, MigrateError } from '../diagnostic/diagnostic.ts'
import { isTableMissing, sqlStateOf } from '../connection/server-error.ts'
import type { Session } from '../connection/session.ts'
import {
  appliedOf,
  historyOf,
  readAppliedSql,
  readHistorySql,
  type Applied,
  type HistoryEntry,
} from './record.ts'
import { qualified, type HistoryTable } from './table.ts'

/**
 * What is in force, in order; nothing when there is no history table. One round trip.
 *
 * @throws MigrateError MIGRATE_TABLE_DAMAGED when the table lacks a column.
 */
export async function readApplied(session: Session, at: HistoryTable): Promise<readonly Applied[]> {
  return (await readTable(session, at, readAppliedSql(at), appliedOf)) ?? []
}

/** Everything that happened, oldest first. @throws MigrateError MIGRATE_TABLE_DAMAGED. */
export async function readEntries(session: Session, at: HistoryTable): Promise<readonly HistoryEntry[]> {
  return (await readTable(session, at, readHistorySql(at), historyOf)) ?? []
}

async function readTable<T>(
  session: Session,
  at: HistoryTable,
  sql: string,
  parse: (result: Awaited<ReturnType<Session['query']>>) => T,
): Promise<T | undefined> {
  try {
    return parse(await session.query(sql))
  } catch (error) {
    if (isTableMissing(error)) return undefined
    // undefined_column, datatype_mismatch of a column, cannot_coerce, undefined_function
    if (!['42703', '42804', '42846', '42883'].includes(sqlStateOf(error) ?? '')) throw error
    throw new MigrateError(
      [
        diagnose('MIGRATE_TABLE_DAMAGED', {
          detail: `${qualified(at)} is not as this library made it (${(error as Error).message}), so nobody can tell what is applied`,
          mend: `repair with { kind: 'rebuild-table' }: it keeps the damaged table under another name and takes over what it still says`,
        }),
      ],
      { cause: error },
    )
  }
}
