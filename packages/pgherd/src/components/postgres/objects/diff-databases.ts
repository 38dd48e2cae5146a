import { formatPath } from '../../../spec/path.ts'
import { shown } from '../../../spec/shown.ts'
import { diagnose, mend, type Diagnostic, type Mend } from '../../../diagnostic/diagnostic.ts'
import type { DeclaredDatabase } from './declared.ts'
import { diffGrants } from './diff-grants.ts'
import { everyone, type Grant } from './grant.ts'
import { localeSql, sameEncoding, sameLocale, type DatabaseLocale } from './locale.ts'
import {
  becauseOf,
  causeOf,
  causeOfMissing,
  changeId,
  databaseNamed,
  joined,
  knownRoles,
  sql,
  type Comparison,
  type Difference,
  type ObjectChange,
} from './object-change.ts'
import type { ObservedDatabase } from './observed.ts'
import { quoteIdentifier, quoteLiteral } from './quoting.ts'
import { maintenanceDatabase } from '../../reserved-names.ts'

/** datconnlimit of a database whose DROP was interrupted (pg_database.h, DATCONNLIMIT_INVALID_DB). */
const halfDropped = -2
/** What PUBLIC may do with a new database (ddl-priv, "Default PUBLIC Privileges"). */
const initialGrants: readonly Grant[] = [{ grantee: everyone, privileges: ['CONNECT', 'TEMPORARY'] }]

/** Declared databases: made when missing, owner, limits and privileges put right. Must run after roles are made. */
export function diffDatabases(comparison: Comparison): Difference {
  return joined(
    comparison.declared.databases.map((database) => {
      const found = comparison.observed.databases.find(({ name }) => name === database.name)
      const earlier = databaseNamed(comparison.before, database.name)
      if (found?.connectionLimit === halfDropped) return { changes: [], findings: [leftBehind(database)] }
      const made = found ? properties(database, found, earlier) : [creation(database, earlier)]
      const grants = diffGrants(
        {
          id: ['database', database.name, 'grants'],
          database: maintenanceDatabase,
          sql: `DATABASE ${quoteIdentifier(database.name)}`,
          title: `database ${shown(database.name)}`,
          declared: database.grants,
          observed: found?.grants ?? initialGrants,
          before: found ? earlier?.grants : undefined,
          isNew: found === undefined,
        },
        knownRoles(comparison),
      )
      return joined([{ changes: made, findings: found ? fixed(database, found) : [] }, grants])
    }),
  )
}

function creation(database: DeclaredDatabase, earlier: DeclaredDatabase | undefined): ObjectChange {
  const { name, owner, encoding, locale, connectionLimit } = database
  const cause = causeOfMissing(earlier)
  return {
    id: changeId('database', name),
    title: `create database ${shown(name)}`,
    because: becauseOf(cause),
    cause,
    database: maintenanceDatabase,
    // template0 has nothing added by hand, and lets encoding and locale differ (manage-ag-templatedbs)
    statements: [
      {
        text: `CREATE DATABASE ${quoteIdentifier(name)} OWNER ${quoteIdentifier(owner)} TEMPLATE template0 ENCODING ${quoteLiteral(encoding)} ${localeSql(locale)} CONNECTION LIMIT ${connectionLimit}`,
        alone: true,
      },
    ],
  }
}

function properties(
  database: DeclaredDatabase,
  found: ObservedDatabase,
  earlier: DeclaredDatabase | undefined,
): readonly ObjectChange[] {
  if (database.kind === 'template') return []
  const property = (key: 'owner' | 'connectionLimit', clause: string): ObjectChange => {
    const cause = causeOf(database[key], earlier?.[key])
    return {
      id: changeId('database', database.name, key),
      title: `set ${clause} of database ${shown(database.name)}`,
      because: becauseOf(cause),
      cause,
      database: maintenanceDatabase,
      statements: sql(`ALTER DATABASE ${quoteIdentifier(database.name)} ${clause}`),
      ...(cause === 'drift' && database.kind === 'declared'
        ? { adopt: mend.edit(formatPath(['databases', database.name, key]), found[key]) }
        : {}),
    }
  }
  const changes: ObjectChange[] = []
  if (found.owner !== database.owner)
    changes.push(property('owner', `OWNER TO ${quoteIdentifier(database.owner)}`))
  if (found.connectionLimit !== database.connectionLimit) {
    changes.push(property('connectionLimit', `CONNECTION LIMIT ${database.connectionLimit}`))
  }
  if (!found.allowsConnections) {
    changes.push({
      id: changeId('database', database.name, 'allowConnections'),
      title: `allow connections to database ${shown(database.name)}`,
      because: becauseOf('drift'),
      cause: 'drift',
      database: maintenanceDatabase,
      statements: sql(`ALTER DATABASE ${quoteIdentifier(database.name)} ALLOW_CONNECTIONS true`),
    })
  }
  return changes
}

/** Encoding and locale are decided when a database is made (sql-alterdatabase). */
function fixed(database: DeclaredDatabase, found: ObservedDatabase): readonly Diagnostic[] {
  if (database.kind !== 'declared') return []
  const finding = (key: 'encoding' | 'locale', wanted: string, has: string, adopt: Mend) => {
    const path = formatPath(['databases', database.name, key])
    const how =
      adopt.kind === 'edit'
        ? `set ${path} to ${shown(String(adopt.to))}`
        : adopt.kind === 'advice'
          ? adopt.text
          : ''
    return diagnose('DATABASE_IMMUTABLE_PROPERTY', {
      detail: `database ${shown(database.name)} has ${key} ${has}, the spec says ${wanted}; PostgreSQL decides this when a database is made. Adopt: ${how}. Or declare a database of another name, and copy the data with pg_dump and pg_restore`,
      mend: adopt,
      at: { path },
    })
  }
  const findings: Diagnostic[] = []
  if (!sameEncoding(database.encoding, found.encoding)) {
    const adopt = mend.edit(formatPath(['databases', database.name, 'encoding']), found.encoding)
    findings.push(finding('encoding', shown(database.encoding), shown(found.encoding), adopt))
  }
  const { provider, name } = found.locale
  if (
    provider === 'icu' ||
    !sameLocale(database.locale, { provider: provider as DatabaseLocale['provider'], name })
  ) {
    const wanted = `${shown(database.locale.name)} of ${database.locale.provider}`
    findings.push(
      finding('locale', wanted, `${shown(name)} of ${provider}`, adoptedLocale(database, provider, name)),
    )
  }
  return findings
}

/** The spec names locales of libc only; the builtin C.UTF-8 is what it means when it names none. */
function adoptedLocale(database: DeclaredDatabase, provider: string, name: string): Mend {
  const path = formatPath(['databases', database.name, 'locale'])
  if (provider === 'libc') return mend.edit(path, name)
  return mend.advice(
    provider === 'builtin'
      ? `leave out ${path}`
      : `the spec has no way to say ${provider}; the database works as it is`,
  )
}

function leftBehind({ name }: DeclaredDatabase): Diagnostic {
  const remove = `DROP DATABASE ${quoteIdentifier(name)}`
  return diagnose('DATABASE_INVALID', {
    detail: `database ${shown(name)} was left half dropped when a DROP DATABASE was interrupted; nobody can connect to it and its contents are gone`,
    mend: mend.advice(`${remove}; then pgherd up makes it again, or pgherd restore brings its contents back`),
    at: { path: formatPath(['databases', name]) },
  })
}
