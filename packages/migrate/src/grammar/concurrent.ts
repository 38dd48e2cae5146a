import type { Node } from 'libpg-query'

/**
 * Whether a statement waits for others without anybody having to wait behind it: the CONCURRENTLY forms take a lock that
 * readers and writers pass, and wait for old transactions, which a lock_timeout would cut off for nothing.
 */
export function waitsWithoutQueue(node: Node): boolean {
  if ('IndexStmt' in node) return node.IndexStmt.concurrent === true
  if ('DropStmt' in node) return node.DropStmt.concurrent === true
  if ('ReindexStmt' in node)
    return (node.ReindexStmt.params ?? []).some(
      (param) => 'DefElem' in param && param.DefElem.defname === 'concurrently',
    )
  return false
}

export interface NamedIndex {
  readonly schema: string | undefined
  readonly table: string
  readonly index: string
}

/** The index that CREATE INDEX CONCURRENTLY makes: when it fails, it leaves an invalid one of that name behind. */
export function builtConcurrently(node: Node): NamedIndex | undefined {
  if (!('IndexStmt' in node) || node.IndexStmt.concurrent !== true) return undefined
  const { idxname, relation } = node.IndexStmt
  if (!idxname || !relation?.relname) return undefined
  return { schema: relation.schemaname, table: relation.relname, index: idxname }
}
