import { diagnose, DiagnosticError, mend } from '../../diagnostic/diagnostic.ts'
import { databasesOf } from '../../spec/role-databases.ts'
import type { Spec } from '../../spec/schema.ts'
import { largestLimit } from './limited-roles.ts'

/** Server sessions of the pools of one name. */
export interface PoolSize {
  /** Of one role. */
  readonly size: number
  /** More for a role whose clients wait. */
  readonly reserve: number
  /** Of all roles together. */
  readonly most: number
}

/** What reads get of the sessions: they go to standbys, but with no standby up they come to the primary too. */
const readShare = 1 / 4
/** What one role gets of a database's sessions at first where there are several. */
const roleShare = 4 / 5

/**
 * Shares postgres.connections out, so that all pools together never open more, not even when reads come to the
 * primary as well; a database's own connectionLimit is kept too, and that of roles (see limited-roles.ts).
 * Throws CONNECTIONS_BELOW_POOL when there is not one session for each pool.
 */
export function poolSizes(
  spec: Spec,
): ReadonlyMap<string, { readonly write: PoolSize; readonly read: PoolSize }> {
  const names = Object.keys(spec.databases)
  const { connections } = spec.postgres
  if (connections < names.length * 2) {
    throw new DiagnosticError(
      diagnose('CONNECTIONS_BELOW_POOL', {
        detail: `${names.length} databases have ${names.length * 2} pools, for writing and for reading, and postgres.connections is ${connections}: some would have no session`,
        mend: mend.edit('postgres.connections', names.length * 10),
        at: { path: 'postgres.connections' },
      }),
    )
  }
  const each = Math.floor(connections / Math.max(1, names.length))
  return new Map(
    names.map((name) => {
      const limit = spec.databases[name]?.connectionLimit ?? -1
      const all = limit < 0 ? each : Math.min(each, limit)
      const read = Math.max(1, Math.floor(all * readShare))
      const write = Math.max(1, all - read)
      const roles = Object.keys(spec.roles).filter((role) => databasesOf(spec, role).includes(name)).length
      const atMost = largestLimit(spec, name)
      return [name, { write: sizeOf(write, roles, atMost), read: sizeOf(read, roles, atMost) }]
    }),
  )
}

/** @param atMost what every role of the database has for its limit; one pool is of one role, so that it needs no more */
function sizeOf(most: number, roles: number, atMost = most): PoolSize {
  const size = Math.min(roles > 1 ? Math.ceil(most * roleShare) : most, atMost)
  return { size, reserve: Math.min(most, atMost) - size, most }
}
