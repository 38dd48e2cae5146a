import { formatPath } from '../../../spec/path.ts'
import { shown } from '../../../spec/shown.ts'
import { diagnose, mend, type Diagnostic } from '../../../diagnostic/diagnostic.ts'
import {
  becauseOf,
  causeOf,
  changeId,
  roleNamed,
  sql,
  type Comparison,
  type Difference,
  type ObjectChange,
} from './object-change.ts'
import { quoteIdentifier } from './quoting.ts'
import { maintenanceDatabase } from '../../reserved-names.ts'

/** Memberships of declared roles, and members nobody declared. Must run after roles are made. */
export function diffMemberships({ declared, observed, before }: Comparison): Difference {
  const changes: ObjectChange[] = []
  const findings: Diagnostic[] = []
  const change = (
    member: string,
    role: string,
    statement: string,
    title: string,
    cause: ObjectChange['cause'],
  ) =>
    changes.push({
      id: changeId('role', member, 'memberships', role),
      title,
      because: becauseOf(cause),
      cause,
      database: maintenanceDatabase,
      statements: sql(statement),
    })
  for (const { name: member, memberships } of declared.roles) {
    const earlier = roleNamed(before, member)?.memberships
    const exists = observed.roles.some(({ name }) => name === member)
    for (const role of memberships) {
      const found = observed.memberships.find((each) => each.role === role && each.member === member)
      if (found?.inherit && found.set) continue
      const cause = !exists ? 'create' : causeOf(true, earlier?.includes(role))
      // 16 and newer keep INHERIT and SET per membership; 15 has the role's own INHERIT only
      const options = found && declared.major >= 16 ? ' WITH INHERIT TRUE, SET TRUE' : ''
      const statement = `GRANT ${quoteIdentifier(role)} TO ${quoteIdentifier(member)}${options}`
      if (!found || declared.major >= 16)
        change(member, role, statement, `make ${shown(member)} a member of ${shown(role)}`, cause)
    }
    for (const { role, admin } of observed.memberships.filter((each) => each.member === member)) {
      if (memberships.includes(role)) {
        if (admin)
          findings.push(undeclared(member, role, 'ADMIN OPTION FOR ', ' with the right to hand it on'))
      } else if (earlier?.includes(role)) {
        const title = `end the membership of ${shown(member)} in ${shown(role)}`
        change(
          member,
          role,
          `REVOKE ${quoteIdentifier(role)} FROM ${quoteIdentifier(member)}`,
          title,
          'change',
        )
      } else findings.push(undeclared(member, role))
    }
  }
  const known = new Set(declared.roles.map(({ name }) => name))
  for (const { role, member } of observed.memberships) {
    if (known.has(role) && !known.has(member)) findings.push(undeclared(member, role))
  }
  return { changes, findings }
}

function undeclared(member: string, role: string, option = '', how = ''): Diagnostic {
  const remove = `REVOKE ${option}${quoteIdentifier(role)} FROM ${quoteIdentifier(member)}`
  const path = formatPath(['roles', member, 'access'])
  return diagnose('DRIFT_UNDECLARED_MEMBERSHIP', {
    detail: `role ${shown(member)} is a member of ${shown(role)}${how}, so it can do all that role can. Adopt: choose the access level that includes it at ${path} in the spec. Remove: ${remove}`,
    mend: mend.advice(remove),
    at: { path },
  })
}
