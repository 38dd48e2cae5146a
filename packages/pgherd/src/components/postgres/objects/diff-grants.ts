import { formatPath } from '../../../spec/path.ts'
import { shown } from '../../../spec/shown.ts'
import { diagnose, mend, type Diagnostic } from '../../../diagnostic/diagnostic.ts'
import { compareGrants, everyone, grantSql, privilegesOf, revokeSql, type Grant } from './grant.ts'
import { becauseOf, changeId, sql, type Cause, type Difference, type ObjectChange } from './object-change.ts'

/** An object with privileges, as SQL and as people call it. */
export interface GrantTarget {
  readonly id: readonly string[]
  readonly database: string
  /** `DATABASE "x"`. */
  readonly sql: string
  /** `database "x"`. */
  readonly title: string
  readonly declared: readonly Grant[]
  readonly observed: readonly Grant[]
  readonly before: readonly Grant[] | undefined
  /** True when the object is made in this plan. */
  readonly isNew: boolean
}

/** Privileges on one object: missing ones granted, PUBLIC's and formerly declared ones revoked, others reported. */
export function diffGrants(target: GrantTarget, known: ReadonlySet<string>): Difference {
  const { missing, revoked, extra } = compareGrants(
    target.declared,
    target.observed,
    target.before ?? [],
    known,
  )
  const given = (grant: Grant) =>
    grant.privileges.every((privilege) =>
      privilegesOf(target.before ?? [], grant.grantee).includes(privilege),
    )
  const change = (title: string, statements: readonly string[], cause: Cause): ObjectChange => ({
    id: changeId(...target.id, title),
    title: `${title} on ${target.title}`,
    because: becauseOf(cause),
    cause,
    database: target.database,
    statements: sql(...statements),
  })
  const grant = (grants: readonly Grant[], cause: Cause) =>
    grants.length > 0
      ? [
          change(
            `grant ${listed(grants)}`,
            grants.map((each) => grantSql(target.sql, each)),
            cause,
          ),
        ]
      : []
  const revoke = (grants: readonly Grant[], cause: Cause) =>
    grants.length > 0
      ? [
          change(
            `revoke ${listed(grants, 'from')}`,
            grants.map((each) => revokeSql(target.sql, each)),
            cause,
          ),
        ]
      : []
  // PUBLIC had nothing after the last up, so what it has now somebody gave by hand
  const publicCause = target.isNew ? 'create' : target.before ? 'drift' : 'change'
  return {
    changes: [
      ...revoke(
        revoked.filter(({ grantee }) => grantee === everyone),
        publicCause,
      ),
      ...revoke(
        revoked.filter(({ grantee }) => grantee !== everyone),
        'change',
      ),
      ...grant(missing.filter(given), 'drift'),
      ...grant(
        missing.filter((each) => !given(each)),
        target.isNew ? 'create' : 'change',
      ),
    ],
    findings: extra.map((each) => undeclaredGrant(each, target.title, revokeSql(target.sql, each))),
  }
}

export function undeclaredGrant({ grantee, privileges }: Grant, on: string, remove: string): Diagnostic {
  const path = formatPath(['roles', grantee, 'access'])
  return diagnose('DRIFT_UNDECLARED_GRANT', {
    detail: `role ${shown(grantee)} may ${privileges.join(', ')} on ${on}, which its access level does not include. Adopt: choose an access level that does at ${path} in the spec. Remove: ${remove}`,
    mend: mend.advice(remove),
    at: { path },
  })
}

function listed(grants: readonly Grant[], preposition = 'to'): string {
  return grants
    .map(
      ({ grantee, privileges }) =>
        `${privileges.join(', ')} ${preposition} ${grantee === everyone ? 'PUBLIC' : shown(grantee)}`,
    )
    .join('; ')
}
