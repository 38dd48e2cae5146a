import type { Node } from 'libpg-query'
import { quoted, relationOf, stringsOf } from '../../grammar/names.ts'
import { lockModes } from '../lock-mode.ts'
import type { Effect, EffectReader } from './effect.ts'

/** Statements about a table as a whole: dropped, renamed, emptied, rewritten, locked, given triggers or policies. */
export const wholeTable: EffectReader = (node) => {
  if (
    'DropStmt' in node &&
    ['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW'].includes(node.DropStmt.removeType ?? '')
  )
    return (node.DropStmt.objects ?? []).flatMap((object) =>
      'List' in object ? at(quoted(stringsOf(object.List.items)), 'DROP') : [],
    )
  if ('RenameStmt' in node) return at(relationOf(node.RenameStmt.relation), 'RENAME')
  if ('TruncateStmt' in node)
    return relationsIn(node.TruncateStmt.relations).flatMap((name) => at(name, 'TRUNCATE'))
  if ('ClusterStmt' in node) return at(relationOf(node.ClusterStmt.relation), 'CLUSTER', 'rewrite')
  if ('VacuumStmt' in node && isFull(node))
    return (node.VacuumStmt.rels ?? []).flatMap((each) =>
      'VacuumRelation' in each ? at(relationOf(each.VacuumRelation.relation), 'VACUUM FULL', 'rewrite') : [],
    )
  if ('RefreshMatViewStmt' in node) {
    const { relation, concurrent } = node.RefreshMatViewStmt
    const what = `REFRESH MATERIALIZED VIEW${concurrent ? ' CONCURRENTLY' : ''}`
    return at(relationOf(relation), what, 'rewrite').map((effect) => ({
      ...effect,
      lock: concurrent ? 'EXCLUSIVE' : 'ACCESS EXCLUSIVE',
    }))
  }
  if ('LockStmt' in node) {
    const lock = lockModes[(node.LockStmt.mode ?? 8) - 1] ?? 'ACCESS EXCLUSIVE'
    return relationsIn(node.LockStmt.relations).map((relation) => ({
      relation,
      lock,
      work: 'catalogue',
      what: 'LOCK TABLE',
    }))
  }
  if ('CreateTrigStmt' in node)
    return at(relationOf(node.CreateTrigStmt.relation), 'CREATE TRIGGER').map((effect) => ({
      ...effect,
      lock: 'SHARE ROW EXCLUSIVE',
    }))
  if ('CreatePolicyStmt' in node) return at(relationOf(node.CreatePolicyStmt.table), 'CREATE POLICY')
  if ('RuleStmt' in node) return at(relationOf(node.RuleStmt.relation), 'CREATE RULE')
  return []
}

/** Whether VACUUM has the option FULL. */
export function isFull(node: Node): boolean {
  if (!('VacuumStmt' in node) || node.VacuumStmt.is_vacuumcmd !== true) return false
  return (node.VacuumStmt.options ?? []).some(
    (option) => 'DefElem' in option && option.DefElem.defname === 'full',
  )
}

function at(
  relation: string | undefined,
  what: string,
  work: Effect['work'] = 'catalogue',
): readonly Effect[] {
  return relation === undefined || relation === '' ? [] : [{ relation, lock: 'ACCESS EXCLUSIVE', work, what }]
}

function relationsIn(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).flatMap((node) => {
    const name = 'RangeVar' in node ? relationOf(node.RangeVar) : undefined
    return name === undefined ? [] : [name]
  })
}
