import { formatPath } from '../../../spec/path.ts'
import { shown } from '../../../spec/shown.ts'
import { mend, type Mend } from '../../../diagnostic/diagnostic.ts'
import type { DeclaredRole, RoleAttributes } from './declared.ts'
import {
  becauseOf,
  causeOf,
  causeOfMissing,
  changeId,
  roleNamed,
  sql,
  type Cause,
  type Comparison,
  type ObjectChange,
} from './object-change.ts'
import type { ObservedRole } from './observed.ts'
import { quoteIdentifier, quoteLiteral } from './quoting.ts'
import { maintenanceDatabase } from '../../reserved-names.ts'
import { settingSql } from './setting-text.ts'

/** CREATE and ALTER ROLE name each attribute `X` or `NOX` (sql-createrole). */
const keywords: Readonly<Record<keyof RoleAttributes, string>> = {
  login: 'LOGIN',
  inherit: 'INHERIT',
  superuser: 'SUPERUSER',
  createDatabase: 'CREATEDB',
  createRole: 'CREATEROLE',
  replication: 'REPLICATION',
  bypassRowSecurity: 'BYPASSRLS',
}
const attributes = Object.keys(keywords) as (keyof RoleAttributes)[]

/** Declared roles: made when missing, attributes, limits and passwords put right. */
export function diffRoles(comparison: Comparison): readonly ObjectChange[] {
  const { declared, observed, before } = comparison
  return declared.roles.flatMap((role) => {
    const found = observed.roles.find(({ name }) => name === role.name)
    const earlier = roleNamed(before, role.name)
    return found ? aspects(role, found, earlier) : [creation(role, causeOfMissing(earlier))]
  })
}

function creation(role: DeclaredRole, cause: Cause): ObjectChange {
  const options = [
    ...attributes.map((attribute) => attributeSql(attribute, role.attributes[attribute])),
    `CONNECTION LIMIT ${role.connectionLimit}`,
    ...(role.validUntil === undefined ? [] : [validUntilSql(role)]),
    passwordSql(role),
  ]
  return {
    id: changeId('role', role.name),
    title: `create role ${shown(role.name)}`,
    because: role.internal ? ownProcesses(role) : becauseOf(cause),
    cause,
    database: maintenanceDatabase,
    statements: sql(
      `CREATE ROLE ${quoteIdentifier(role.name)} ${options.join(' ')}`,
      ...Object.entries(role.settings).map(
        ([name, value]) => `ALTER ROLE ${quoteIdentifier(role.name)} ${settingSql(name, value)}`,
      ),
    ),
  }
}

function ownProcesses({ secret }: DeclaredRole): string {
  return secret === undefined
    ? "pgherd's own processes log in with it, on the socket only"
    : "pgherd's own processes log in with it, between the members"
}

function aspects(
  role: DeclaredRole,
  found: ObservedRole,
  earlier: DeclaredRole | undefined,
): readonly ObjectChange[] {
  const aspect = (name: string, title: string, option: string, cause: Cause, adopt?: Mend): ObjectChange => ({
    id: changeId('role', role.name, name),
    title: `${title} of role ${shown(role.name)}`,
    because: becauseOf(cause),
    cause,
    database: maintenanceDatabase,
    statements: sql(`ALTER ROLE ${quoteIdentifier(role.name)} ${option}`),
    ...(adopt && cause === 'drift' && !role.internal ? { adopt } : {}),
  })
  const changes: ObjectChange[] = []
  for (const attribute of attributes) {
    const wanted = role.attributes[attribute]
    if (found.attributes[attribute] === wanted) continue
    const option = attributeSql(attribute, wanted)
    changes.push(aspect(attribute, `set ${option}`, option, causeOf(wanted, earlier?.attributes[attribute])))
  }
  if (found.connectionLimit !== role.connectionLimit) {
    const option = `CONNECTION LIMIT ${role.connectionLimit}`
    const adopt = mend.edit(formatPath(['roles', role.name, 'connectionLimit']), found.connectionLimit)
    changes.push(
      aspect(
        'connectionLimit',
        `set ${option}`,
        option,
        causeOf(role.connectionLimit, earlier?.connectionLimit),
        adopt,
      ),
    )
  }
  if (!sameEnd(role.validUntil, found.validUntil)) {
    const cause = causeOf(role.validUntil ?? null, earlier && (earlier.validUntil ?? null))
    const adopt =
      found.validUntil === null
        ? undefined
        : mend.edit(
            formatPath(['roles', role.name, 'validUntil']),
            new Date(found.validUntil * 1000).toISOString(),
          )
    changes.push(aspect('validUntil', 'set the expiry of the password', validUntilSql(role), cause, adopt))
  }
  changes.push(...passwordChange(role, found, earlier, aspect))
  return changes
}

function passwordChange(
  role: DeclaredRole,
  found: ObservedRole,
  earlier: DeclaredRole | undefined,
  aspect: (name: string, title: string, option: string, cause: Cause) => ObjectChange,
): readonly ObjectChange[] {
  // an unreadable secret (an environment variable that is not set now) says nothing about the password
  const right =
    role.secret === undefined ? found.password === 'none' : ['matches', 'unknown'].includes(found.password)
  if (right) return []
  const title = role.secret === undefined ? 'take away the password' : 'set the password'
  return [
    aspect(
      'password',
      title,
      passwordSql(role),
      causeOf(role.secret ?? null, earlier && (earlier.secret ?? null)),
    ),
  ]
}

/** Compares to the millisecond, which is all a Date can hold. */
function sameEnd(wanted: string | undefined, found: number | null): boolean {
  if (wanted === undefined || found === null) return wanted === undefined && found === null
  return Math.abs(Date.parse(wanted) - found * 1000) < 1
}

function attributeSql(attribute: keyof RoleAttributes, on: boolean): string {
  return `${on ? '' : 'NO'}${keywords[attribute]}`
}

function validUntilSql(role: DeclaredRole): string {
  return `VALID UNTIL ${quoteLiteral(role.validUntil ?? 'infinity')}`
}

/** The gap stands for a SCRAM verifier: letters, digits and `+/=$:-`, so nothing that ends a literal. */
function passwordSql(role: DeclaredRole): string {
  return role.secret === undefined ? 'PASSWORD NULL' : `PASSWORD '{{scram:${role.secret}}}'`
}
