import { literal } from '../history/sql-text.ts'
import { inForce, qualified, type HistoryTable } from '../history/table.ts'
import type { Ground } from './lock.ts'
import type { Settled } from './options.ts'
import type { Direction, Task } from './steps.ts'

/** A message to the server and where in it each script lies, in JavaScript's offsets. */
export interface Message {
  readonly text: string
  readonly scripts: readonly { readonly task: Task; readonly start: number; readonly end: number }[]
}

const listed = inForce.map((state) => `'${state}'`).join(', ')

/**
 * Every task in a transaction of its own, all in one message. The mark in the history comes before the script: when another
 * runner was faster (a pooler may have come between us and the lock), it stops this one before the schema is touched.
 * All commits but the last leave the flush to the last one, which then makes all of them durable; a crash before it may
 * take back whole migrations from the end, none of which was reported as done.
 */
export function batchMessage(
  tasks: readonly Task[],
  direction: Direction,
  settled: Settled,
  ground: Ground,
): Message {
  const scripts: { task: Task; start: number; end: number }[] = []
  let text = ''
  tasks.forEach((task, index) => {
    text += beginSql(settled, ground, index === tasks.length - 1)
    text += direction === 'up' ? markSql(task, 'applied', settled) : unmarkSql(task, settled)
    const start = text.length
    // the line end closes a comment that ends the file
    text += `${task.script.text}\n;\n`
    scripts.push({ task, start, end: text.length - 2 })
    text += ownRoleSql(task.script.text, ground)
    text += direction === 'up' ? finishSql(task, settled.table) : finishUndoSql(task, settled.table)
    text += 'commit;\n'
  })
  return { text, scripts }
}

/** Begins a transaction with its limits and with what an earlier migration may have changed in the session. */
export function beginSql(settled: Settled, ground: Ground, isLast: boolean): string {
  return `begin;
${isLast ? '' : 'set local synchronous_commit = off;\n'}set local lock_timeout = ${settled.lockTimeoutMs};
set local statement_timeout = ${settled.statementTimeoutMs};
select set_config('search_path', ${literal(ground.searchPath)}, true), set_config('role', ${literal(ground.role)}, true);
`
}

/** Notes a migration as in force. A second one of the same version violates the unique index. */
export function markSql(
  { migration, script }: Task,
  state: 'applied' | 'running' | 'baseline' | 'failed',
  { table, who }: Settled,
  error?: string,
): string {
  const { version, name, checksum, rawChecksum, up, down } = migration
  const values = [
    version,
    literal(name),
    literal(state),
    literal(script.kind),
    String(script.transactional),
    literal(checksum),
    literal(rawChecksum),
    literal(up.text),
    literal(down?.text),
    literal(who),
    ...(error === undefined ? [] : [literal(error), 'clock_timestamp()']),
  ]
  return `insert into ${qualified(table)} (version, name, state, kind, transactional, checksum, raw_checksum, up_text, down_text, applied_from${error === undefined ? '' : ', error, finished_at'}) values (${values.join(', ')});
`
}

/** Notes that a migration is done. */
export function finishSql({ migration }: Task, table: HistoryTable): string {
  return `update ${qualified(table)} set finished_at = clock_timestamp() where version = ${migration.version} and state in (${listed});
`
}

/** A script that changes its role may leave one that must not write the history. */
export function ownRoleSql(script: string, { role }: Ground): string {
  return /role|authorization/i.test(script)
    ? `reset session authorization;\nselect set_config('role', ${literal(role)}, true);\n`
    : ''
}

/** Notes how long undoing took. */
export function finishUndoSql({ migration }: Task, table: HistoryTable): string {
  return `update ${qualified(table)} set undone_ms = extract(epoch from clock_timestamp() - undone_at) * 1000 where version = ${migration.version} and state = 'undone' and undone_ms is null;
`
}

/** Takes a migration out of force. Division by zero stops the transaction when it was not in force any more. */
export function unmarkSql({ migration }: Task, { table, who }: Settled): string {
  return `with undone as (update ${qualified(table)} set state = 'undone', undone_by = session_user, undone_from = ${literal(who)}, undone_at = clock_timestamp() where version = ${migration.version} and state = 'applied' returning 1) select 1 / count(*) from undone;
`
}

/** Writes a note into the row of a migration in force, with the time and who did it. */
export function noteSql(version: string, note: string, { table, who }: Settled): string {
  return `update ${qualified(table)} set notes = notes || (clock_timestamp()::text || ' ' || session_user || ' ' || ${literal(`${who}: ${note}`)}) where version = ${version} and state in (${listed});
`
}
