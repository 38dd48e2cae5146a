import { literal } from '../history/sql-text.ts'
import { qualified } from '../history/table.ts'
import { markSql, noteSql } from './message.ts'
import type { Work } from './run-batch.ts'
import type { Task } from './steps.ts'

/* The marks of a script outside a transaction. Each is a commit of its own, so the history always tells how far it came. */

type Marking = Pick<Work, 'direction' | 'settled'>

const stateOf = ({ direction }: Marking) => (direction === 'up' ? 'running' : 'undoing')

const whereOf = (version: string, marking: Marking) =>
  `where version = ${version} and state = '${stateOf(marking)}'`

/** Says that the script has begun; fails when the migration is not in the state it is to be taken from. */
export function startOutsideSql(task: Task, marking: Marking): string {
  const { direction, settled } = marking
  if (direction === 'up') return markSql(task, 'running', settled)
  return `with begun as (update ${qualified(settled.table)} set state = 'undoing', statements_done = 0, undone_at = clock_timestamp() where version = ${task.migration.version} and state = 'applied' returning 1) select 1 / count(*) from begun`
}

export function progressSql(task: Task, marking: Marking, done: number): string {
  return `update ${qualified(marking.settled.table)} set statements_done = ${done}, error = null ${whereOf(task.migration.version, marking)}`
}

/** Says why it stopped. With nothing done, the migration is what it was before. */
export function stopOutsideSql(
  task: Task,
  marking: Marking,
  stop: { readonly done: number; readonly error: unknown },
): string {
  const { direction, settled } = marking
  const said = stop.error instanceof Error ? stop.error.message : String(stop.error)
  const change =
    stop.done > 0
      ? ''
      : direction === 'up'
        ? `, state = 'failed', finished_at = clock_timestamp()`
        : `, state = 'applied'`
  const update = `update ${qualified(settled.table)} set error = ${literal(said)}${change} ${whereOf(task.migration.version, marking)};`
  return direction === 'up'
    ? update
    : `${update} ${noteSql(task.migration.version, `undoing stopped: ${said}`, settled)}`
}

export function finishOutsideSql(version: string, marking: Marking): string {
  const { direction, settled } = marking
  const change =
    direction === 'up'
      ? `state = 'applied', finished_at = clock_timestamp()`
      : `state = 'undone', undone_by = session_user, undone_from = ${literal(settled.who)}, undone_ms = extract(epoch from clock_timestamp() - undone_at) * 1000, undone_at = clock_timestamp()`
  return `update ${qualified(settled.table)} set ${change}, error = null ${whereOf(version, marking)}`
}
