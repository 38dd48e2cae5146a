import type { Node } from 'libpg-query'
import { alterTable } from './alter-table.ts'
import { createTable } from './create-table.ts'
import type { Effect, EffectReader, Knowledge } from './effect.ts'
import { indexStatement } from './index-statement.ts'
import { rows } from './rows.ts'
import { wholeTable } from './whole-table.ts'

/** Every reader of effects. A statement that none of them knows touches no table that may be in use, or is not known to. */
export const effectReaders = [
  alterTable,
  createTable,
  indexStatement,
  rows,
  wholeTable,
] as const satisfies readonly EffectReader[]

/** What a statement does to tables that may be in use. Pure. */
export function effectsOf(node: Node, knowledge: Knowledge): readonly Effect[] {
  return effectReaders.flatMap((reader) => reader(node, knowledge))
}
