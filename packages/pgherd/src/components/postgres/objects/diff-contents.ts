import { shown } from '../../../spec/shown.ts'
import type { DeclaredDatabase, DeclaredSchema } from './declared.ts'
import { diffDefaults } from './diff-defaults.ts'
import { diffExtensions } from './diff-extensions.ts'
import { diffHealthFunctions } from './diff-health-functions.ts'
import { diffGrants } from './diff-grants.ts'
import { diffInternalFunctions } from './diff-internal-functions.ts'
import { diffRelations } from './diff-relations.ts'
import { freshContents } from './fresh.ts'
import {
  becauseOf,
  causeOf,
  causeOfMissing,
  changeId,
  databaseNamed,
  joined,
  knownRoles,
  nothing,
  sql,
  type Comparison,
  type ContentsComparison,
  type Difference,
  type ObjectChange,
} from './object-change.ts'
import type { ObservedContents } from './observed.ts'
import { quoteIdentifier } from './quoting.ts'

/** Schemas, extensions, privileges and health functions of every database. Must run after databases are made. */
export function diffContents(comparison: Comparison): Difference {
  return joined(
    comparison.declared.databases
      .filter(({ kind }) => kind !== 'template')
      .map((database) => {
        const exists = comparison.observed.databases.some(({ name }) => name === database.name)
        const found = comparison.observed.contents.find((each) => each.database === database.name)?.contents
        const contents = exists ? found : freshContents
        if (!contents) return nothing // nobody could look into it; the next round can
        const earlier = exists ? databaseNamed(comparison.before, database.name) : undefined
        const inside: ContentsComparison = {
          database,
          contents,
          isNew: !exists,
          ...(earlier ? { earlier } : {}),
        }
        return joined([
          diffSchemas(comparison, inside),
          diffExtensions(comparison, inside),
          diffDefaults(comparison, inside),
          diffRelations(comparison, inside),
          diffHealthFunctions(comparison, inside),
          diffInternalFunctions(comparison, inside),
        ])
      }),
  )
}

function diffSchemas(
  comparison: Comparison,
  { database, contents, earlier, isNew }: ContentsComparison,
): Difference {
  const known = knownRoles(comparison)
  const declared = [...database.schemas, ...undeclaredCovered(database, contents)]
  return joined(
    declared.map((schema) => {
      const found = contents.schemas.find(({ name }) => name === schema.name)
      // PostgreSQL's own schema public can have been dropped for good reason: never made again
      if (!found && schema.name === 'public') return nothing
      const before = earlier?.schemas.find(({ name }) => name === schema.name)
      const grants = diffGrants(
        {
          id: ['database', database.name, 'schema', schema.name, 'grants'],
          database: database.name,
          sql: `SCHEMA ${quoteIdentifier(schema.name)}`,
          title: `schema ${shown(schema.name)} of database ${shown(database.name)}`,
          declared: schema.grants,
          observed: found?.grants ?? [],
          before: found ? before?.grants : undefined,
          isNew: isNew || !found,
        },
        known,
      )
      return joined([{ changes: existence(database, schema, found?.owner, before), findings: [] }, grants])
    }),
  )
}

function existence(
  database: DeclaredDatabase,
  schema: DeclaredSchema,
  owner: string | undefined,
  before: DeclaredSchema | undefined,
): readonly ObjectChange[] {
  if (owner === schema.owner) return []
  const [name, wanted] = [quoteIdentifier(schema.name), quoteIdentifier(schema.owner)]
  const cause = owner === undefined ? causeOfMissing(before) : causeOf(schema.owner, before?.owner)
  const [title, statement] =
    owner === undefined
      ? [`create schema ${shown(schema.name)}`, `CREATE SCHEMA ${name} AUTHORIZATION ${wanted}`]
      : [
          `set owner ${shown(schema.owner)} of schema ${shown(schema.name)}`,
          `ALTER SCHEMA ${name} OWNER TO ${wanted}`,
        ]
  return [
    {
      id: changeId('database', database.name, 'schema', schema.name),
      title: `${title} in database ${shown(database.name)}`,
      because: becauseOf(cause),
      cause,
      database: database.name,
      statements: sql(statement),
    },
  ]
}

/** Schemas the owner or an admin made without declaring them: the access levels cover them like declared ones. */
function undeclaredCovered(
  database: DeclaredDatabase,
  contents: ObservedContents,
): readonly DeclaredSchema[] {
  return contents.schemas
    .filter(
      ({ name, owner }) =>
        database.creators.includes(owner) && !database.schemas.some((schema) => schema.name === name),
    )
    .map(({ name, owner }) => ({
      name,
      owner,
      grants: database.access
        .filter(({ grantee }) => grantee !== owner)
        .map(({ grantee, schema }) => ({ grantee, privileges: schema })),
    }))
}
