import { waitsWithoutQueue } from '../../grammar/concurrent.ts'
import { quoted, relationOf, stringsOf } from '../../grammar/names.ts'
import type { EffectReader } from './effect.ts'

/** CREATE INDEX, REINDEX, DROP INDEX. */
export const indexStatement: EffectReader = (node) => {
  const isConcurrent = waitsWithoutQueue(node)
  const suffix = isConcurrent ? ' CONCURRENTLY' : ''
  if ('IndexStmt' in node) {
    const relation = relationOf(node.IndexStmt.relation)
    if (relation === undefined) return []
    const lock = isConcurrent ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE'
    return [{ relation, lock, work: 'build', what: `CREATE INDEX${suffix}` }]
  }
  if ('ReindexStmt' in node) {
    const relation = relationOf(node.ReindexStmt.relation) ?? quoted([node.ReindexStmt.name])
    // readers plan with every index of a table, so they wait for the one that is rebuilt
    const lock = isConcurrent ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE'
    return [{ relation, lock, work: 'build', what: `REINDEX${suffix}` }]
  }
  if ('DropStmt' in node && node.DropStmt.removeType === 'OBJECT_INDEX') {
    const lock = isConcurrent ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE'
    return (node.DropStmt.objects ?? []).flatMap((object) =>
      'List' in object
        ? [
            {
              relation: quoted(stringsOf(object.List.items)),
              lock,
              work: 'catalogue' as const,
              what: `DROP INDEX${suffix}`,
            },
          ]
        : [],
    )
  }
  return []
}
