import { formatPath } from '../../../spec/path.ts'
import { shown } from '../../../spec/shown.ts'
import { diagnose, mend, type Diagnostic } from '../../../diagnostic/diagnostic.ts'
import {
  becauseOf,
  causeOfMissing,
  changeId,
  sql,
  type Comparison,
  type ContentsComparison,
  type Difference,
  type ObjectChange,
} from './object-change.ts'
import { quoteIdentifier } from './quoting.ts'

/** Every database has it (template0). */
const builtIn = 'plpgsql'

/** Declared extensions are created; others, and outdated ones, reported. */
export function diffExtensions(
  { observed }: Comparison,
  { database, contents, earlier }: ContentsComparison,
): Difference {
  const changes: ObjectChange[] = []
  const findings: Diagnostic[] = []
  const available = observed.extensions
  const specOf = formatPath(['databases', database.name, 'extensions'])
  for (const name of database.extensions) {
    const installed = contents.extensions.find((extension) => extension.name === name)
    const offered = available?.find((extension) => extension.name === name)
    if (!installed && available && !offered) findings.push(unavailable(name, database.name, specOf))
    else if (!installed) {
      const cause = causeOfMissing(earlier?.extensions.includes(name) ? name : undefined)
      changes.push({
        id: changeId('database', database.name, 'extension', name),
        title: `create extension ${shown(name)} in database ${shown(database.name)}`,
        because: becauseOf(cause),
        cause,
        database: database.name,
        // not SCHEMA public: an extension that names its own schema refuses any other (extend-extensions)
        statements: sql(
          'SET LOCAL search_path = public',
          `CREATE EXTENSION ${quoteIdentifier(name)} CASCADE`,
        ),
      })
    } else if (offered && installed.version !== offered.version) {
      const update = `ALTER EXTENSION ${quoteIdentifier(name)} UPDATE`
      findings.push(
        diagnose('EXTENSION_OUTDATED', {
          detail: `extension ${shown(name)} in database ${shown(database.name)} has version ${installed.version}, its files on the host ${offered.version}. Update, in that database: ${update}`,
          mend: mend.advice(`${update} in database ${shown(database.name)}`),
        }),
      )
    }
  }
  const required = new Set(
    available?.filter(({ name }) => database.extensions.includes(name)).flatMap(({ requires }) => requires),
  )
  for (const { name } of contents.extensions) {
    if (name === builtIn || required.has(name) || database.extensions.includes(name)) continue
    findings.push(
      undeclared(
        name,
        database.name,
        [...database.extensions, name],
        database.kind === 'declared' ? specOf : undefined,
      ),
    )
  }
  return { changes, findings }
}

function unavailable(name: string, database: string, path: string): Diagnostic {
  return diagnose('EXTENSION_UNAVAILABLE', {
    detail: `extension ${shown(name)} of database ${shown(database)} is not among the extensions of these PostgreSQL binaries`,
    mend: mend.advice(`install the package that has it, or take it out of ${path}`),
    at: { path },
  })
}

function undeclared(
  name: string,
  database: string,
  all: readonly string[],
  path: string | undefined,
): Diagnostic {
  const remove = `DROP EXTENSION ${quoteIdentifier(name)}`
  return diagnose('DRIFT_UNDECLARED_EXTENSION', {
    detail: `extension ${shown(name)} is installed in database ${shown(database)}, so a rebuilt database would lack it. ${path === undefined ? '' : `Adopt: add it to ${path} in the spec. `}Remove, in that database: ${remove}`,
    mend: path === undefined ? mend.advice(`${remove} in database ${shown(database)}`) : mend.edit(path, all),
    at: path === undefined ? {} : { path },
  })
}
