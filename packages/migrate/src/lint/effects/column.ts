import type { ColumnDef, Node, TypeName } from 'libpg-query'
import { stringsOf } from '../../grammar/names.ts'
import { constraintEffects } from './constraint.ts'
import type { Effect, Knowledge } from './effect.ts'

const serials = ['serial', 'bigserial', 'smallserial', 'serial4', 'serial8', 'serial2']

/** ADD COLUMN: a rewrite when each row needs a value of its own, else a change of the catalogue (since PostgreSQL 11). */
export function addColumnEffects(
  relation: string,
  column: ColumnDef,
  knowledge: Knowledge,
): readonly Effect[] {
  const name = `ADD COLUMN "${column.colname ?? ''}"`
  const constraints = (column.constraints ?? []).flatMap((each) =>
    'Constraint' in each ? [each.Constraint] : [],
  )
  const reason = rewriteReason(column, constraints, knowledge)
  return [
    {
      relation,
      lock: 'ACCESS EXCLUSIVE',
      work: reason === undefined ? 'catalogue' : 'rewrite',
      what: reason === undefined ? name : `${name} ${reason}`,
    },
    ...constraints.flatMap((constraint) =>
      constraintEffects(relation, constraint, true).map((effect) => ({
        ...effect,
        what: `${name} with ${effect.what}`,
      })),
    ),
  ]
}

function rewriteReason(
  column: ColumnDef,
  constraints: readonly { contype?: string; raw_expr?: Node; generated_kind?: string }[],
  knowledge: Knowledge,
): string | undefined {
  if (serials.includes(typeOf(column.typeName))) return 'of a serial type, whose default differs in each row'
  for (const { contype, raw_expr, generated_kind } of constraints) {
    if (contype === 'CONSTR_IDENTITY') return 'as an identity, whose value differs in each row'
    // virtual columns (18) are computed when they are read
    if (contype === 'CONSTR_GENERATED' && generated_kind !== 'v') return 'GENERATED ALWAYS AS (...) STORED'
    const volatile =
      contype === 'CONSTR_DEFAULT'
        ? functionsIn(raw_expr).find((each) => knowledge.isVolatile(each))
        : undefined
    if (volatile !== undefined) return `with the volatile default ${volatile}()`
  }
  return undefined
}

/** Every function called in an expression, by its last name. */
function functionsIn(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(functionsIn)
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, value]: [string, unknown]) =>
    key === 'FuncCall'
      ? [...stringsOf((value as { funcname?: Node[] }).funcname).slice(-1), ...functionsIn(value)]
      : functionsIn(value),
  )
}

/** ALTER COLUMN TYPE: a rewrite unless the old values are good as they lie. */
export function changeTypeEffects(
  relation: string,
  column: string,
  { typeName, raw_default }: ColumnDef,
  knowledge: Knowledge,
): readonly Effect[] {
  const old = knowledge.column(relation, column)?.type
  const keeps = old !== undefined && raw_default === undefined && keepsValues(old, typeName)
  const change = `ALTER COLUMN "${column}" TYPE ${typeOf(typeName)}${old === undefined ? '' : ` from ${old}`}`
  return [{ relation, lock: 'ACCESS EXCLUSIVE', work: keeps ? 'catalogue' : 'rewrite', what: change }]
}

/** The last name of a type: `varchar`, `int4`. */
export function typeOf(type: TypeName | undefined): string {
  return stringsOf(type?.names).at(-1) ?? ''
}

/**
 * Whether values of the old type are values of the new one as they lie. Source: PostgreSQL documentation, ALTER TABLE: no
 * rewrite "when the old type is either binary coercible to the new type or an unconstrained domain over it", and for
 * varchar, numeric and varbit when the limit grows or goes.
 */
function keepsValues(old: string, type: TypeName | undefined): boolean {
  if (type?.arrayBounds?.length) return false
  const next = typeOf(type)
  const limits = (type?.typmods ?? []).map(integerOf)
  const [oldName = '', ...oldLimits] = old.split(/[(),]/).filter((part) => part !== '')
  const [was, scaleWas = 0] = oldLimits.map(Number)
  if (oldName === 'character varying' || oldName === 'text') {
    if (next === 'text' || (next === 'varchar' && limits.length === 0)) return true
    return next === 'varchar' && was !== undefined && (limits[0] ?? 0) >= was
  }
  if (oldName === 'numeric' && next === 'numeric') {
    if (limits.length === 0) return true
    return was !== undefined && (limits[0] ?? 0) >= was && (limits[1] ?? 0) === scaleWas
  }
  return oldName === 'cidr' && next === 'inet'
}

function integerOf(node: Node): number {
  return 'A_Const' in node ? (node.A_Const.ival?.ival ?? 0) : 0
}
