import { formatPath } from '../../../spec/path.ts'
import { shown } from '../../../spec/shown.ts'
import { diagnose, mend, type Diagnostic } from '../../../diagnostic/diagnostic.ts'
import { databaseNamed, roleNamed, type Comparison } from './object-change.ts'
import type { ObservedRole } from './observed.ts'
import { quoteIdentifier } from './quoting.ts'

/** Roles and databases nobody declared, or that were taken out of the spec: reported, never dropped. */
export function findUndeclared(comparison: Comparison): readonly Diagnostic[] {
  const { declared, observed, before } = comparison
  const roles = observed.roles
    .filter((role) => isOfInterest(role) && !roleNamed(declared, role.name))
    .map((role) => {
      const { name } = role
      const path = formatPath(['roles', name])
      const powers = role.attributes.superuser ? ', a superuser' : ''
      const remove = `DROP ROLE ${quoteIdentifier(name)}`
      return diagnose('DRIFT_UNDECLARED_ROLE', {
        detail: `role ${shown(name)}${powers}${origin(roleNamed(before, name))}. Adopt: declare it at ${path} in the spec. Remove: REASSIGN OWNED BY and DROP OWNED BY it in every database, then ${remove}`,
        mend: mend.edit(path, { access: 'readonly' }),
        at: { path },
      })
    })
  const databases = observed.databases
    .filter(({ name }) => !databaseNamed(declared, name))
    .map(({ name, owner }) => {
      const path = formatPath(['databases', name])
      return diagnose('DRIFT_UNDECLARED_DATABASE', {
        detail: `database ${shown(name)}${origin(databaseNamed(before, name))}. Adopt: declare it at ${path} in the spec. Remove, with all it holds: DROP DATABASE ${quoteIdentifier(name)}`,
        mend: mend.edit(path, { owner }),
        at: { path },
      })
    })
  return [...roles, ...databases]
}

/** Groups without login and without powers of their own are a way to order privileges, not a way in. */
function isOfInterest({ attributes }: ObservedRole): boolean {
  const { login, superuser, createRole, createDatabase, replication, bypassRowSecurity } = attributes
  return login || superuser || createRole || createDatabase || replication || bypassRowSecurity
}

function origin(before: unknown): string {
  return before === undefined
    ? ' was made by hand, so pgherd does not look after it'
    : ' was taken out of the spec; pgherd never drops one by itself'
}
