import type { EnginePlan } from './engine.ts'

type Action = EnginePlan['actions'][number]

/**
 * Corrects the order of the engine (1.0.0-alpha.34) where its statements would not reach what they say:
 *
 * - New values of an enum come first. It may put a default that uses one before it. They need nothing that the same plan
 *   makes, and they alone must be committed before they are used.
 * - Grants on columns come last. `REVOKE ALL ON TABLE`, which it writes before a grant on the table, takes those on its columns
 *   as well (https://www.postgresql.org/docs/current/sql-revoke.html).
 */
export function inOrder(made: EnginePlan): EnginePlan {
  const rank = (action: Action) => (isEnumValue(action) ? 0 : isColumnGrant(action) ? 2 : 1)
  // toSorted is stable
  return { ...made, actions: made.actions.toSorted((a, b) => rank(a) - rank(b)) }
}

const isEnumValue = ({ transactionality }: Action) => transactionality === 'commitBoundaryAfter'

/** A grant is two statements: one takes back what is there and makes the entry, the other one builds on it. */
const isColumnGrant = ({ produces, consumes, destroys }: Action) =>
  destroys.length === 0 &&
  [...produces, ...consumes].some((id) => id.kind === 'acl' && id.column !== undefined)
