import { shown } from '../../../spec/shown.ts'
import { bootstrapRole } from '../../reserved-names.ts'
import { diffGrants } from './diff-grants.ts'
import { everyone, type Grant } from './grant.ts'
import {
  becauseOf,
  causeOf,
  causeOfMissing,
  changeId,
  joined,
  knownRoles,
  sql,
  type Comparison,
  type ContentsComparison,
  type Difference,
  type ObjectChange,
} from './object-change.ts'
import { quoteIdentifier } from './quoting.ts'
import type { ServerFunction } from './server-function.ts'

/** What PUBLIC may do with a new function (ddl-priv). */
const initialGrants: readonly Grant[] = [{ grantee: everyone, privileges: ['EXECUTE'] }]

/** A function in one database, and who alone may call it. */
export interface FunctionTarget {
  /** Its name within the database, for ids. */
  readonly id: string
  readonly title: string
  /** Name and arguments as SQL. */
  readonly sql: string
  /** Absent: a function of the server's own, of which only the privileges are compared. */
  readonly declared?: ServerFunction
  readonly callers: readonly string[]
  readonly found:
    | {
        readonly owner: string
        readonly digest: string
        readonly result: string
        readonly grants: readonly Grant[]
      }
    | undefined
  readonly before: { readonly digest?: string | undefined; readonly callers: readonly string[] } | undefined
  /** Why it is made. */
  readonly purpose: string
}

/** Made, put back when somebody edited it, callable by those it is for alone. */
export function diffFunction(
  comparison: Comparison,
  { database, isNew }: ContentsComparison,
  target: FunctionTarget,
): Difference {
  const { declared, found, before } = target
  const readers = (names: readonly string[]) => names.map((grantee) => ({ grantee, privileges: ['EXECUTE'] }))
  const remains = found && (!declared || found.result === declared.result)
  const grants = diffGrants(
    {
      id: ['database', database.name, 'function', target.id, 'grants'],
      database: database.name,
      sql: `FUNCTION ${target.sql}`,
      title: `function ${target.title} of database ${shown(database.name)}`,
      declared: readers(target.callers),
      observed: remains ? found.grants : declared ? initialGrants : [],
      before: found && before ? readers(before.callers) : undefined,
      isNew: isNew || (declared !== undefined && !found),
    },
    knownRoles(comparison),
  )
  return joined([
    { changes: declared ? definition(database.name, target, declared) : [], findings: [] },
    grants,
  ])
}

function definition(
  database: string,
  { id, title, sql: nameSql, found, before, purpose }: FunctionTarget,
  declared: ServerFunction,
): readonly ObjectChange[] {
  const owned = found?.owner === bootstrapRole
  if (found && owned && found.digest === declared.digest) return []
  const cause = found ? causeOf(declared.digest, before?.digest) : causeOfMissing(before?.digest)
  return [
    {
      id: changeId('database', database, 'function', id),
      title: `${found ? 'replace' : 'create'} function ${title} in database ${shown(database)}`,
      because: found || cause === 'repair' ? becauseOf(cause) : purpose,
      cause,
      database,
      statements: sql(
        // a function's result cannot be replaced (sql-createfunction)
        ...(found && found.result !== declared.result ? [`DROP FUNCTION ${nameSql}`] : []),
        declared.createSql,
        ...(found && !owned ? [`ALTER FUNCTION ${nameSql} OWNER TO ${quoteIdentifier(bootstrapRole)}`] : []),
      ),
    },
  ]
}
