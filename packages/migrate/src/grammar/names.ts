import type { Node, RangeVar } from 'libpg-query'
import { identifier } from '../history/sql-text.ts'

/** The strings of a list of String nodes: `schema.name` is two of them. */
export function stringsOf(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).flatMap((node) => ('String' in node ? [node.String.sval ?? ''] : []))
}

/** Names as SQL that the server resolves as the statement would. */
export function quoted(names: readonly (string | undefined)[]): string {
  return names
    .filter((name) => name !== undefined && name !== '')
    .map((name) => identifier(name ?? ''))
    .join('.')
}

/** The table of a statement as SQL, or undefined. */
export function relationOf(relation: RangeVar | undefined): string | undefined {
  return relation?.relname ? quoted([relation.schemaname, relation.relname]) : undefined
}
