import type { RenderInput } from '../component.ts'
import { clusterHbaRows } from './cluster-rows.ts'
import { hbaLine, identLinesOf } from './hba-file.ts'
import { hbaRows, type HbaRow } from './hba-rows.ts'

/** Who may come in to a member's server, first match first. */
export function rowsOf({ topology, member }: Pick<RenderInput, 'topology' | 'member'>): readonly HbaRow[] {
  return member.kind === 'server' ? clusterHbaRows(topology) : hbaRows(topology.spec)
}

/** Lines of a member's pg_hba.conf, without comments. Throws IDENTIFIER_UNUSABLE for a name no line can hold. */
export function hbaLines(input: RenderInput): readonly string[] {
  return rowsOf(input).map((row) => hbaLine(row, input.facts.postgres.major))
}

/** Lines of a member's pg_ident.conf, without comments. */
export function identLines({ facts }: RenderInput): readonly string[] {
  return identLinesOf(facts)
}
