import { literal } from '../history/sql-text.ts'
import { inForce, qualified, type HistoryTable } from '../history/table.ts'
import type { Ground } from './ground.ts'
import type { Settled } from './options.ts'
import { flushedSql, limitsSql, ownRoleSql, putBackSql } from './put-back.ts'
import type { Direction, Task } from './steps.ts'

/** A message to the server and where in it each script lies, in JavaScript's offsets. */
export interface Message {
  readonly text: string
  readonly scripts: readonly { readonly task: Task; readonly start: number; readonly end: number }[]
}

/** From here on a prepared mark saves more than making it costs. */
const worthPreparing = 20

const listed = inForce.map((state) => `'${state}'`).join(', ')

/**
 * Every task in a transaction of its own, all in one message. The mark in the history comes before the script: when another
 * runner was faster (a pooler may have come between us and the lock), it stops this one before the schema is touched.
 * All commits but the last leave the flush to the last one, which then makes all of them durable; a crash before it may
 * take back whole migrations from the end, none of which was reported as done. `mark` names the prepared statement of the
 * message, if there is to be one; planning each mark anew would cost a sixth of a run of small migrations.
 */
export function batchMessage(
  tasks: readonly Task[],
  direction: Direction,
  settled: Settled,
  ground: Ground,
  mark: string | undefined,
): Message {
  const scripts: { task: Task; start: number; end: number }[] = []
  let text = mark === undefined ? '' : prepareMarkSql(mark, settled.table)
  tasks.forEach((task, index) => {
    const isLast = index === tasks.length - 1
    text += `begin;\n${putBackSql(ground)}${limitsSql(settled, 'session')}`
    text += isLast ? flushedSql(ground) : 'set synchronous_commit = off;\n'
    if (direction === 'down') text += unmarkSql(task, settled)
    else
      text +=
        mark === undefined
          ? markSql(task, 'applied', settled)
          : `execute ${mark}(${markValues(task, settled)});\n`
    const start = text.length
    // the line end closes a comment that ends the file
    text += `${task.script.text}\n;\n`
    scripts.push({ task, start, end: text.length - 2 })
    if (isLast) text += flushedSql(ground)
    if (direction === 'down') text += `${ownRoleSql(ground)}${finishUndoSql(task, settled.table)}`
    else if (isLast)
      text += `${ownRoleSql(ground)}${finishBatchSql(tasks, settled.table, 'clock_timestamp()')}`
    text += 'commit;\n'
  })
  // whoever reads the history next must be allowed to
  text += putBackSql(ground)
  return { text: mark === undefined ? text : `${text}deallocate ${mark};\n`, scripts }
}

/** Whether so many tasks are worth a prepared mark, and it can be had. */
export function isMarkPrepared(
  tasks: readonly Task[],
  direction: Direction,
  { hasPlpgsql }: Ground,
): boolean {
  return direction === 'up' && tasks.length >= worthPreparing && hasPlpgsql
}

/** What a mark says, in the order of `markedColumns`. */
function markValues({ migration, script }: Task, { who }: Settled): string {
  const { version, name, checksum, rawChecksum, up, down } = migration
  return [
    version,
    literal(name),
    literal(script.kind),
    String(script.transactional),
    literal(checksum),
    literal(rawChecksum),
    literal(up.text),
    literal(down?.text),
    literal(who),
  ].join(', ')
}

const markedColumns =
  'version, name, kind, transactional, checksum, raw_checksum, up_text, down_text, applied_from'

/**
 * From within a DO, so that the text of the statement is this and not the whole message: the server copies that text for
 * every EXECUTE (ExecuteQuery in prepare.c), which made a run quadratic.
 */
function prepareMarkSql(mark: string, table: HistoryTable): string {
  const prepare = `prepare ${mark}(bigint, text, text, boolean, text, text, text, text, text) as insert into ${qualified(table)} (${markedColumns}, state) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'applied')`
  return `do language plpgsql ${literal(`begin execute ${literal(prepare)}; end`)};
`
}

/**
 * Notes when the migrations of a message were done: each ended when the next one began. Once for all of them, since an
 * update for each would cost as much as its commit. `end` is when the last one ended, in SQL.
 */
export function finishBatchSql(tasks: readonly Task[], table: HistoryTable, end: string): string {
  const versions = tasks.map(({ migration }) => migration.version).join(', ')
  return `update ${qualified(table)} as h set finished_at = n.finished_at from (select id, coalesce(lead(started_at) over (order by id), ${end}) as finished_at from ${qualified(table)} where finished_at is null and state = 'applied' and version in (${versions})) as n where n.id = h.id;
`
}

/** Begins a transaction with its limits. */
export function beginSql(settled: Settled): string {
  return `begin;\n${limitsSql(settled, 'local')}`
}

/** Notes a migration as in force. A second one of the same version violates the unique index. */
export function markSql(
  task: Task,
  state: 'applied' | 'running' | 'baseline' | 'failed',
  settled: Settled,
  error?: string,
): string {
  const failed = error === undefined ? '' : `, ${literal(error)}, clock_timestamp()`
  return `insert into ${qualified(settled.table)} (${markedColumns}, state${failed && ', error, finished_at'}) values (${markValues(task, settled)}, ${literal(state)}${failed});
`
}

/** Notes that a migration is done. */
export function finishSql({ migration }: Task, table: HistoryTable): string {
  return `update ${qualified(table)} set finished_at = clock_timestamp() where version = ${migration.version} and state in (${listed});
`
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
