import type { Node } from 'libpg-query'
import { quoted, relationOf, stringsOf } from './names.ts'

/** Something a statement makes. `name` is SQL that the server resolves. */
export type CreatedObject =
  | { readonly kind: 'relation' | 'type' | 'schema' | 'function'; readonly name: string }
  | { readonly kind: 'column'; readonly name: string; readonly column: string }

/** What a statement makes, as far as its presence can be asked for by name; nothing for other statements. */
export function createdBy(node: Node): readonly CreatedObject[] {
  if ('CreateStmt' in node) return relation(relationOf(node.CreateStmt.relation))
  if ('ViewStmt' in node) return relation(relationOf(node.ViewStmt.view))
  if ('CreateSeqStmt' in node) return relation(relationOf(node.CreateSeqStmt.sequence))
  if ('CreateTableAsStmt' in node) return relation(relationOf(node.CreateTableAsStmt.into?.rel))
  if ('IndexStmt' in node) {
    const { idxname, relation: table } = node.IndexStmt
    return idxname ? relation(quoted([table?.schemaname, idxname])) : []
  }
  if ('CreateEnumStmt' in node)
    return [{ kind: 'type', name: quoted(stringsOf(node.CreateEnumStmt.typeName)) }]
  if ('CompositeTypeStmt' in node) return relation(relationOf(node.CompositeTypeStmt.typevar))
  if ('CreateSchemaStmt' in node) {
    const { schemaname } = node.CreateSchemaStmt
    return schemaname ? [{ kind: 'schema', name: quoted([schemaname]) }] : []
  }
  if ('CreateFunctionStmt' in node)
    return [{ kind: 'function', name: quoted(stringsOf(node.CreateFunctionStmt.funcname)) }]
  if ('AlterTableStmt' in node) {
    const name = relationOf(node.AlterTableStmt.relation)
    if (name === undefined) return []
    return (node.AlterTableStmt.cmds ?? []).flatMap((command) => {
      const def = 'AlterTableCmd' in command ? command.AlterTableCmd : undefined
      if (def?.subtype !== 'AT_AddColumn' || !def.def || !('ColumnDef' in def.def)) return []
      return [{ kind: 'column' as const, name, column: def.def.ColumnDef.colname ?? '' }]
    })
  }
  return []
}

function relation(name: string | undefined): readonly CreatedObject[] {
  return name === undefined ? [] : [{ kind: 'relation', name }]
}
