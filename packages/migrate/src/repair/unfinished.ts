import { qualified } from '../history/table.ts'
import { noteSql } from '../run/message.ts'
import { finishOutsideSql } from '../run/outside-marks.ts'
import { runOutside } from '../run/run-outside.ts'
import type { Direction } from '../run/steps.ts'
import { labelOf } from '../source/migration.ts'
import { refused, type Repair, type RepairContext } from './action.ts'

/* A migration outside a transaction stopped half way: by a failure behind its first statement, or because somebody died. */

/** Goes on behind the last statement that is known to be done, in the direction it was going. */
export const resume: Repair = async (context) => {
  const { version, migration, session, settled, ground } = context
  const { applied, direction } = unfinishedOf(context)
  const script = direction === 'up' ? migration?.up : migration?.down
  if (!migration || script?.kind !== 'sql')
    throw refused(
      version,
      `${labelOf(applied)} has no SQL file to go on with`,
      `put the schema right by hand, then repair with 'complete' or 'forget'`,
    )
  if (direction === 'up' && migration.checksum !== applied.checksum)
    throw refused(
      version,
      `${script.file} was edited after it began, so nobody can tell which of its statements are done`,
      `put the schema right by hand, then repair with 'complete' or 'forget'`,
    )
  await runOutside({ migration, script }, { session, settled, ground, direction }, applied.statementsDone)
  return `${labelOf(applied)} went on behind statement ${applied.statementsDone} and is ${direction === 'up' ? 'applied' : 'undone'}`
}

/** Takes it as it was before it began: for somebody who has put the schema back by hand, or whose file can be run again. */
export const forget: Repair = async (context) => {
  const { version, session, settled } = context
  const { applied, direction } = unfinishedOf(context)
  const note = noteSql(version, `forgotten after ${applied.statementsDone} statements`, settled)
  const state = direction === 'up' ? 'failed' : 'applied'
  await session.query(
    `begin; ${note} update ${qualified(settled.table)} set state = '${state}' where version = ${version} and state in ('running', 'undoing'); commit`,
  )
  return `${labelOf(applied)} is ${direction === 'up' ? 'pending' : 'applied'} again; the schema was not touched`
}

/** Takes it as done: for somebody who has done the rest by hand. */
export const complete: Repair = async (context) => {
  const { version, session, settled } = context
  const { applied, direction } = unfinishedOf(context)
  const note = noteSql(version, `completed by hand after ${applied.statementsDone} statements`, settled)
  const finish = finishOutsideSql(version, { direction, settled })
  await session.query(`begin; ${note} ${finish}; commit`)
  return `${labelOf(applied)} counts as ${direction === 'up' ? 'applied' : 'undone'}; nothing was run`
}

function unfinishedOf({ version, applied }: RepairContext) {
  if (applied?.state !== 'running' && applied?.state !== 'undoing')
    throw refused(version, `version ${version} is not half way`, 'look at status')
  const direction: Direction = applied.state === 'running' ? 'up' : 'down'
  return { applied, direction }
}
