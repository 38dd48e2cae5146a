import { diagnose, DiagnosticError, mend } from '../../diagnostic/diagnostic.ts'
import { formatPath } from '../../spec/path.ts'
import { databasesOf } from '../../spec/role-databases.ts'
import type { Spec } from '../../spec/schema.ts'
import { shown } from '../../spec/shown.ts'

export interface LimitedRole {
  readonly role: string
  /** Sessions of servers it may have at the same time. */
  readonly limit: number
}

/**
 * Roles whose connectionLimit the pools have to keep. ALTER ROLE ... CONNECTION LIMIT counts sessions of the server, so that
 * a pool that opened more would have its logins refused, and its clients with them, where they should wait.
 *
 * PgBouncer limits a role across all its pools by `[users] name = max_user_connections=N` (since 1.6), but who stands there
 * is not looked up by auth_query any more: the password must be in auth_file (pgbouncer issue 484; seen with 1.18).
 * Throws IDENTIFIER_UNUSABLE for a name that cannot stand there.
 */
export function limitedRoles(spec: Spec): readonly LimitedRole[] {
  return Object.entries(spec.roles).flatMap(([role, { connectionLimit }]) => {
    // 0 would be no limit to PgBouncer; the server lets nobody in by itself
    if (connectionLimit <= 0 || databasesOf(spec, role).length === 0) return []
    // a key of an ini file, as names of databases are (pool-names.ts)
    if (!/^[A-Za-z0-9_.-]+$/.test(role)) throw unusable(role)
    return [{ role, limit: connectionLimit }]
  })
}

/** The most sessions any role may have in a pool of the database; undefined when one of them has no limit. */
export function largestLimit(spec: Spec, database: string): number | undefined {
  const limits = Object.entries(spec.roles)
    .filter(([role]) => databasesOf(spec, role).includes(database))
    .map(([, { connectionLimit }]) => connectionLimit)
  return limits.length === 0 || limits.some((limit) => limit < 0) ? undefined : Math.max(1, ...limits)
}

function unusable(role: string): DiagnosticError {
  const path = formatPath(['roles', role])
  return new DiagnosticError(
    diagnose('IDENTIFIER_UNUSABLE', {
      detail: `PgBouncer cannot keep the connectionLimit of role ${shown(role)} in a cluster: names it limits are made of A to Z, a to z, 0 to 9, _, . and -`,
      mend: mend.advice(`rename ${path}, or take its connectionLimit out`),
      at: { path: formatPath(['roles', role, 'connectionLimit']) },
    }),
  )
}
