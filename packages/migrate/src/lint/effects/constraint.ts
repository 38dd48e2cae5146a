import type { Constraint } from 'libpg-query'
import { relationOf } from '../../grammar/names.ts'
import type { Effect, EffectWork } from './effect.ts'

/** Constraints that stand on an index, with the words of SQL. */
const indexed: Readonly<Record<string, string>> = {
  CONSTR_PRIMARY: 'PRIMARY KEY',
  CONSTR_UNIQUE: 'UNIQUE',
  CONSTR_EXCLUSION: 'EXCLUDE',
}

/**
 * What adding a constraint does. `isNewColumn`: it comes with a column that is added, whose values need no check but for
 * an index. Source: PostgreSQL documentation, ALTER TABLE, notes.
 */
export function constraintEffects(
  relation: string,
  constraint: Constraint,
  isNewColumn: boolean,
): readonly Effect[] {
  const { contype = '', skip_validation, indexname } = constraint
  const name = constraint.conname === undefined ? '' : ` "${constraint.conname}"`
  const unchecked = skip_validation ? ' NOT VALID' : ''
  if (contype === 'CONSTR_FOREIGN') return foreignKeyEffects(relation, constraint, isNewColumn)
  const kind = indexed[contype]
  if (kind !== undefined) {
    const work = indexname === undefined ? 'build' : 'catalogue'
    const what = `${kind}${name}${indexname === undefined ? '' : ' USING INDEX'}`
    return [{ relation, lock: 'ACCESS EXCLUSIVE', work, what }]
  }
  const work = skip_validation ? 'catalogue' : 'scan'
  if (contype === 'CONSTR_CHECK')
    return [{ relation, lock: 'ACCESS EXCLUSIVE', work, what: `CHECK${name}${unchecked}` }]
  if (contype === 'CONSTR_NOTNULL' && !isNewColumn)
    return [{ relation, lock: 'ACCESS EXCLUSIVE', work, what: `NOT NULL${name}${unchecked}` }]
  return []
}

function foreignKeyEffects(
  relation: string,
  { conname, skip_validation, pktable }: Constraint,
  isNewColumn: boolean,
): readonly Effect[] {
  const referenced = relationOf(pktable)
  const work: EffectWork = skip_validation || isNewColumn ? 'catalogue' : 'scan'
  const what = `FOREIGN KEY${conname === undefined ? '' : ` "${conname}"`}${skip_validation ? ' NOT VALID' : ''}`
  const lock = 'SHARE ROW EXCLUSIVE'
  return [
    { relation, lock, work, what },
    ...(referenced === undefined
      ? []
      : [{ relation: referenced, lock, work, what: `${what} that points to it` } as const]),
  ]
}
