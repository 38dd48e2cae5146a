import { diagnose, DiagnosticError, mend } from '../../diagnostic/diagnostic.ts'
import { formatPath } from '../../spec/path.ts'
import { shown } from '../../spec/shown.ts'

/** The console of PgBouncer; no database can be called so (loader.c, parse_database). */
export const adminDatabase = 'pgbouncer'

const readSuffix = '_ro'
/** MAX_DBNAME of bouncer.h, less the final NUL. */
const longestName = 63

/** The name clients read from standbys by. */
export function readName(database: string): string {
  return `${database}${readSuffix}`
}

/**
 * Databases the pools can be called after, as given. Names are keys of an ini file, where quotes are documented but
 * not read (libusual cfparser.c, parse_ini_file; pgbouncer issue 971); `*` would be every database.
 * Throws IDENTIFIER_UNUSABLE for a name no pool can have.
 */
export function poolable(databases: readonly string[]): readonly string[] {
  for (const name of databases) {
    const fault = faultOf(name, databases)
    if (fault === undefined) continue
    throw new DiagnosticError(
      diagnose('IDENTIFIER_UNUSABLE', {
        detail: `PgBouncer has no pool for database ${shown(name)} in a cluster: ${fault}`,
        mend: mend.advice(`rename ${formatPath(['databases', name])}`),
        at: { path: formatPath(['databases', name]) },
      }),
    )
  }
  return databases
}

function faultOf(name: string, databases: readonly string[]): string | undefined {
  if (name === adminDatabase) return 'that is the name of its console'
  if (!/^[A-Za-z0-9_.-]+$/.test(name)) return 'its names are made of A to Z, a to z, 0 to 9, _, . and -'
  if (readName(name).length > longestName)
    return `with ${readSuffix} for reading the name has more than ${longestName} bytes`
  if (databases.includes(readName(name)))
    return `${shown(readName(name))} is declared too, and is what its reads are called`
  return undefined
}
