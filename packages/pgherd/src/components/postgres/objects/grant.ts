import { quoteIdentifier } from './quoting.ts'

/** Stands for PUBLIC: no role can have this name (src/backend/utils/adt/acl.c, "reserved"). */
export const everyone = 'public'

/** What one role (or `everyone`) may do with an object. */
export interface Grant {
  readonly grantee: string
  readonly privileges: readonly string[]
}

export interface GrantDifference {
  readonly missing: readonly Grant[]
  /** Held by PUBLIC, or given by pgherd before and no longer declared. */
  readonly revoked: readonly Grant[]
  /** Held by a declared role beyond what is declared, and not given by pgherd. */
  readonly extra: readonly Grant[]
}

/**
 * Compares the privileges on one object. Roles that are not in `known` are left alone: they are
 * reported as undeclared roles.
 * @param before what the last `up` declared.
 */
export function compareGrants(
  declared: readonly Grant[],
  observed: readonly Grant[],
  before: readonly Grant[],
  known: ReadonlySet<string>,
): GrantDifference {
  const missing = declared.flatMap(({ grantee, privileges }) =>
    grantOf(grantee, without(privileges, privilegesOf(observed, grantee))),
  )
  const revoked: Grant[] = []
  const extra: Grant[] = []
  for (const { grantee, privileges } of observed) {
    if (grantee !== everyone && !known.has(grantee)) continue
    const surplus = without(privileges, privilegesOf(declared, grantee))
    const given =
      grantee === everyone ? surplus : surplus.filter((each) => privilegesOf(before, grantee).includes(each))
    revoked.push(...grantOf(grantee, given))
    extra.push(...grantOf(grantee, without(surplus, given)))
  }
  return { missing, revoked, extra }
}

export function privilegesOf(grants: readonly Grant[], grantee: string): readonly string[] {
  return grants.flatMap((grant) => (grant.grantee === grantee ? grant.privileges : []))
}

export function without(privileges: readonly string[], removed: readonly string[]): readonly string[] {
  return privileges.filter((privilege) => !removed.includes(privilege))
}

function grantOf(grantee: string, privileges: readonly string[]): Grant[] {
  return privileges.length > 0 ? [{ grantee, privileges }] : []
}

export function granteeSql(grantee: string): string {
  return grantee === everyone ? 'PUBLIC' : quoteIdentifier(grantee)
}

/** `GRANT ... ON <target> TO ...`; target such as `DATABASE "x"`. */
export function grantSql(target: string, { grantee, privileges }: Grant): string {
  return `GRANT ${privileges.join(', ')} ON ${target} TO ${granteeSql(grantee)}`
}

export function revokeSql(target: string, { grantee, privileges }: Grant): string {
  return `REVOKE ${privileges.join(', ')} ON ${target} FROM ${granteeSql(grantee)}`
}
