import { relationOf } from '../../grammar/names.ts'
import type { EffectReader } from './effect.ts'

/** UPDATE and DELETE: each row they change stays locked until the end of the transaction. */
export const rows: EffectReader = (node) => {
  const [verb, statement] =
    'UpdateStmt' in node
      ? ['UPDATE', node.UpdateStmt]
      : 'DeleteStmt' in node
        ? ['DELETE', node.DeleteStmt]
        : []
  const relation = relationOf(statement?.relation)
  if (relation === undefined || verb === undefined) return []
  const what = statement?.whereClause ? verb : `${verb} of every row`
  return [{ relation, lock: 'ROW EXCLUSIVE', work: 'rows', what }]
}
