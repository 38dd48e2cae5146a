import type { Node } from 'libpg-query'
import { relationOf } from '../../grammar/names.ts'
import type { Effect, EffectReader } from './effect.ts'

/** CREATE TABLE touches no table in use but those its foreign keys point to and the one it is a partition of. */
export const createTable: EffectReader = (node) => {
  if (!('CreateStmt' in node)) return []
  const { tableElts, inhRelations, partbound } = node.CreateStmt
  const constraints = (tableElts ?? []).flatMap((element): readonly Node[] =>
    'ColumnDef' in element ? (element.ColumnDef.constraints ?? []) : [element],
  )
  const referenced = constraints.flatMap((each): readonly Effect[] => {
    const name = 'Constraint' in each ? relationOf(each.Constraint.pktable) : undefined
    if (name === undefined) return []
    return [
      {
        relation: name,
        lock: 'SHARE ROW EXCLUSIVE',
        work: 'catalogue',
        what: 'FOREIGN KEY of a new table that points to it',
      },
    ]
  })
  const parents = (partbound ? (inhRelations ?? []) : []).flatMap((each): readonly Effect[] => {
    const name = 'RangeVar' in each ? relationOf(each.RangeVar) : undefined
    if (name === undefined) return []
    return [
      { relation: name, lock: 'ACCESS EXCLUSIVE', work: 'catalogue', what: 'CREATE TABLE ... PARTITION OF' },
    ]
  })
  return [...referenced, ...parents]
}
