import { markSql, noteSql } from '../run/message.ts'
import { createTableSql } from '../history/table.ts'
import { labelOf } from '../source/migration.ts'
import { refused, type Repair } from './action.ts'

/** Applied but untracked: somebody ran the file by hand, or the history was lost. Counts it as applied without running it. */
export const adopt: Repair = async ({ version, migration, applied, session, settled, ground }) => {
  if (!migration) throw refused(version, `no file has version ${version}`, 'name the version of a file')
  if (applied)
    throw refused(version, `${labelOf(applied)} is ${applied.state} already`, 'there is nothing to do')
  const create = ground.hasTable ? '' : createTableSql(settled.table, ground)
  const mark = markSql({ migration, script: migration.up }, 'applied', settled)
  const note = noteSql(version, 'adopted: was applied before, not by this library', settled)
  await session.query(`begin; ${create}${mark}${note}commit`)
  return `${labelOf(migration)} counts as applied; nothing was run`
}
