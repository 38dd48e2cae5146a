import { literal } from '../history/sql-text.ts'
import { qualified } from '../history/table.ts'
import { noteSql } from '../run/message.ts'
import { labelOf } from '../source/migration.ts'
import { refused, type Repair } from './action.ts'

/** Checksum changed: takes the file as it is for what was applied. The note keeps the old checksum; the old text is replaced. */
export const acceptChecksum: Repair = async ({ version, migration, applied, session, settled }) => {
  if (!migration || !applied)
    throw refused(version, `version ${version} has no file or is not applied`, 'look at status')
  if (migration.checksum === applied.checksum)
    throw refused(version, `${migration.up.file} is what was applied`, 'there is nothing to do')
  const note = noteSql(version, `accepted an edit: SHA-256 was ${applied.checksum}`, settled)
  await session.query(
    `begin; ${note} update ${qualified(settled.table)} set checksum = ${literal(migration.checksum)}, raw_checksum = ${literal(migration.rawChecksum)}, name = ${literal(migration.name)}, up_text = ${literal(migration.up.text)}, down_text = ${literal(migration.down?.text)} where version = ${version} and state in ('running', 'undoing', 'applied', 'baseline'); commit`,
  )
  return `${labelOf(migration)} counts as applied in its present text; nothing was run`
}
