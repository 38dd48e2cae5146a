import { literal } from '../history/sql-text.ts'
import { qualified } from '../history/table.ts'
import { noteSql } from '../run/message.ts'
import { labelOf } from '../source/migration.ts'
import { refused, type Repair } from './action.ts'

/** File missing: takes the migration out of force. What it did to the schema stays, and so does its line in the history. */
export const forgetMissing: Repair = async ({ version, migration, applied, session, settled }) => {
  if (!applied) throw refused(version, `version ${version} is not applied`, 'look at status')
  if (migration)
    throw refused(version, `${migration.up.file} is there`, 'undo it with down, or leave it applied')
  const note = noteSql(version, 'taken out of force: its file is gone', settled)
  await session.query(
    `begin; ${note} update ${qualified(settled.table)} set state = 'undone', undone_by = session_user, undone_from = ${literal(settled.who)}, undone_at = clock_timestamp() where version = ${version} and state in ('running', 'undoing', 'applied', 'baseline'); commit`,
  )
  return `${labelOf(applied)} is out of force; what it did to the schema stays`
}
