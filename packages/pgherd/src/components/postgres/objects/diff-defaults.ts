import { shown } from '../../../spec/shown.ts'
import type { Diagnostic } from '../../../diagnostic/diagnostic.ts'
import type { DeclaredDatabase } from './declared.ts'
import { undeclaredGrant } from './diff-grants.ts'
import { grantSql, revokeSql, without, type Grant } from './grant.ts'
import {
  becauseOf,
  changeId,
  knownRoles,
  sql,
  type Cause,
  type Comparison,
  type ContentsComparison,
  type Difference,
  type ObjectChange,
} from './object-change.ts'
import { quoteIdentifier } from './quoting.ts'

/** What a role may do with objects of one kind that another role makes from now on. */
interface DefaultGrant extends Grant {
  readonly creator: string
  readonly on: string
}

/** Default privileges (sql-alterdefaultprivileges): tables made later are covered like those there are now. */
export function diffDefaults(
  comparison: Comparison,
  { database, contents, earlier, isNew }: ContentsComparison,
): Difference {
  const declared = defaultsOf(database)
  const before = earlier ? defaultsOf(earlier) : []
  const global = contents.defaults.filter(({ schema }) => schema === null)
  const missing = declared.flatMap((each) => remaining(each, privileges(global, each)))
  const given = (each: DefaultGrant) =>
    each.privileges.every((privilege) => privileges(before, each).includes(privilege))
  const known = knownRoles(comparison)
  const surplus = global
    .filter(
      ({ creator, grantee }) =>
        known.has(grantee) && (database.creators.includes(creator) || privilegesExist(before, creator)),
    )
    .flatMap((each) => remaining(each, privileges(declared, each)))
  const revoked = surplus.flatMap((each) =>
    remaining(each, without(each.privileges, privileges(before, each))),
  )
  const extra = surplus.flatMap((each) => remaining(each, privileges(before, each)))
  const inSchemas = contents.defaults.filter(({ schema, grantee }) => schema !== null && known.has(grantee))

  const change = (key: string, verb: string, statements: readonly string[], cause: Cause): ObjectChange[] =>
    statements.length === 0
      ? []
      : [
          {
            id: changeId('database', database.name, 'defaults', key),
            title: `${verb} privileges on objects made later in database ${shown(database.name)}`,
            because: becauseOf(cause),
            cause,
            database: database.name,
            statements: sql(...statements),
          },
        ]
  return {
    changes: [
      ...change(
        'revoke',
        'revoke',
        revoked.map((each) => alter(each, revokeSql)),
        'change',
      ),
      ...change(
        'restore',
        'grant again',
        missing.filter(given).map((each) => alter(each, grantSql)),
        'drift',
      ),
      ...change(
        'grant',
        'grant',
        missing.filter((each) => !given(each)).map((each) => alter(each, grantSql)),
        isNew ? 'create' : 'change',
      ),
    ],
    findings: [
      ...extra.map((each) => finding(each, database.name)),
      ...inSchemas.map(({ schema, ...each }) => finding(each, database.name, schema)),
    ],
  }
}

function defaultsOf(database: DeclaredDatabase): readonly DefaultGrant[] {
  return database.creators.flatMap((creator) =>
    database.access
      .filter(({ grantee }) => grantee !== creator)
      .flatMap(({ grantee, tables, sequences, schema }) => [
        { creator, grantee, on: 'tables', privileges: tables },
        { creator, grantee, on: 'sequences', privileges: sequences },
        { creator, grantee, on: 'schemas', privileges: schema },
      ]),
  )
}

function privileges(
  grants: readonly DefaultGrant[],
  { creator, grantee, on }: DefaultGrant,
): readonly string[] {
  return grants.flatMap((each) =>
    each.creator === creator && each.grantee === grantee && each.on === on ? each.privileges : [],
  )
}

function privilegesExist(grants: readonly DefaultGrant[], creator: string): boolean {
  return grants.some((each) => each.creator === creator)
}

function remaining(grant: DefaultGrant, removed: readonly string[]): DefaultGrant[] {
  const left = without(grant.privileges, removed)
  return left.length > 0 ? [{ ...grant, privileges: left }] : []
}

function alter(grant: DefaultGrant, statement: typeof grantSql, schema?: string | null): string {
  const within = schema == null ? '' : ` IN SCHEMA ${quoteIdentifier(schema)}`
  return `ALTER DEFAULT PRIVILEGES FOR ROLE ${quoteIdentifier(grant.creator)}${within} ${statement(grant.on.toUpperCase(), grant)}`
}

function finding(grant: DefaultGrant, database: string, schema?: string | null): Diagnostic {
  const where = schema == null ? '' : ` in schema ${shown(schema)}`
  return undeclaredGrant(
    grant,
    `${grant.on} that role ${shown(grant.creator)} makes later${where} in database ${shown(database)}`,
    alter(grant, revokeSql, schema),
  )
}
