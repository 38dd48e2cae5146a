import { shown } from '../../../spec/shown.ts'
import type { DeclaredDatabase } from './declared.ts'
import { undeclaredGrant } from './diff-grants.ts'
import { without } from './grant.ts'
import {
  becauseOf,
  causeOf,
  changeId,
  sql,
  type Comparison,
  type ContentsComparison,
  type Difference,
  type ObjectChange,
} from './object-change.ts'
import type { ObservedRelations } from './observed.ts'
import { grantMissingSql, revokeExtraSql } from './relation-privileges.ts'

/** Privileges on tables, views and sequences that exist already. */
export function diffRelations(
  { declared }: Comparison,
  { database, contents, earlier }: ContentsComparison,
): Difference {
  const changes: ObjectChange[] = []
  const add = (key: readonly string[], title: string, cause: ObjectChange['cause'], statement: string) =>
    changes.push({
      id: changeId('database', database.name, 'relations', ...key),
      title: `${title} in database ${shown(database.name)}`,
      because: becauseOf(cause),
      cause,
      database: database.name,
      statements: sql(statement),
    })
  const { missing, extra } = contents
  if (missing.length > 0) {
    const roles = declared.roles.map(({ name }) => name)
    const unchanged = missing.every(
      ({ grantee, kind }) =>
        causeOf(wanted(database, grantee, kind), earlier && wanted(earlier, grantee, kind)) === 'drift',
    )
    add(
      ['missing'],
      `grant ${missing.map((each) => described(each, 'to')).join('; ')}`,
      unchanged ? 'drift' : 'change',
      grantMissingSql(database, roles),
    )
  }
  const findings = extra.flatMap((each) => {
    const { grantee, kind, privileges } = each
    const foreign = without(privileges, earlier ? wanted(earlier, grantee, kind) : [])
    const formerly = without(privileges, foreign)
    if (formerly.length > 0) {
      const title = `revoke ${described({ ...each, privileges: [...formerly] }, 'from')}`
      add(['revoke', grantee, kind], title, 'change', revokeExtraSql(database, grantee, formerly))
    }
    if (foreign.length === 0) return []
    const on = `${counted(each)} of database ${shown(database.name)}`
    return [undeclaredGrant({ grantee, privileges: foreign }, on, revokeExtraSql(database, grantee, foreign))]
  })
  return { changes, findings }
}

function wanted(
  database: DeclaredDatabase,
  grantee: string,
  kind: 'tables' | 'sequences',
): readonly string[] {
  return database.access.find((access) => access.grantee === grantee)?.[kind] ?? []
}

function described(relations: ObservedRelations, preposition: string): string {
  return `${relations.privileges.join(', ')} on ${counted(relations)} ${preposition} ${shown(relations.grantee)}`
}

/** `5000 tables ("a", "b", "c" and 4997 more)`. */
function counted({ kind, count, names }: ObservedRelations): string {
  const first = names.slice(0, 3)
  const more = count > first.length ? ` and ${count - first.length} more` : ''
  return `${count} ${count === 1 ? kind.slice(0, -1) : kind} (${first.map(shown).join(', ')}${more})`
}
