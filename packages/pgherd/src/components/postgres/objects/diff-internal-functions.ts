import { diffFunction } from './diff-function.ts'
import { getAuth, getAuthSignature } from './get-auth.ts'
import { joined, type Comparison, type ContentsComparison, type Difference } from './object-change.ts'

/** Functions that only pgherd's own roles of a cluster may call: the pooler's, and those pg_rewind reads files with. */
export function diffInternalFunctions(comparison: Comparison, inside: ContentsComparison): Difference {
  const { database, contents, earlier } = inside
  const roles = comparison.declared.roles.filter(({ internal }) => !internal).map(({ name }) => name)
  return joined(
    (database.internalFunctions ?? []).map(({ signature, callers }) =>
      diffFunction(comparison, inside, {
        id: signature,
        title: signature,
        sql: signature,
        ...(signature === getAuthSignature ? { declared: getAuth(roles) } : {}),
        callers,
        found: contents.internalFunctions?.find((each) => each.signature === signature),
        before: earlier?.internalFunctions?.find((each) => each.signature === signature),
        purpose: 'PgBouncer looks up with it whether a password is right',
      }),
    ),
  )
}
