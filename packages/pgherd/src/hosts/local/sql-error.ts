import pg from 'pg'
import { DiagnosticError, diagnose, mend, type Mend } from '../../diagnostic/diagnostic.ts'

/** Where a statement was to run, for messages. */
export interface SqlPlace {
  readonly database: string
  readonly socketDirectory: string
  readonly port: number
}

/**
 * Turns what node-postgres throws into a finding. Verifiers are cut out of whatever the server quotes,
 * and the original error is not kept as a cause: it holds the statement.
 */
export function asSqlFinding(error: unknown, place: SqlPlace, statement?: string): unknown {
  if (error instanceof DiagnosticError) return error
  if (!(error instanceof pg.DatabaseError))
    return statement === undefined ? unreachable(error, place) : lost(error, place, statement)
  const state = error.code ?? ''
  const said = [error.message, error.detail, error.hint]
    .filter((each) => each !== undefined && each !== '')
    .join('; ')
  if (statement === undefined) {
    return new DiagnosticError(
      diagnose('POSTGRES_UNREACHABLE', {
        detail: redact(
          `PostgreSQL refused a connection to database "${place.database}" on ${socket(place)}: ${said} (${state})`,
        ),
        mend: connectionMends[state] ?? mend.run('pgherd', 'logs', 'postgres'),
      }),
    )
  }
  const code = state === '53100' ? 'DISK_FULL' : state === '55P03' ? 'SQL_LOCKED_OUT' : 'SQL_REFUSED'
  return new DiagnosticError(
    diagnose(code, {
      detail: redact(
        `in database "${place.database}": ${said} (${state}); the statement was: ${shorten(statement)}`,
      ),
      mend: statementMends[code],
    }),
  )
}

const connectionMends: Readonly<Record<string, Mend>> = {
  '57P03': mend.advice('the server is starting, stopping or recovering; try again in a moment'),
  '53300': mend.run('pgherd', 'status'),
  '3D000': mend.run('pgherd', 'up'),
}

const statementMends = {
  DISK_FULL: mend.advice('free space on the volume of the data directory, then run: pgherd up'),
  SQL_LOCKED_OUT: mend.advice(
    'another session holds a lock on the object; end its transaction (pgherd health names it), then run: pgherd up',
  ),
  SQL_REFUSED: mend.run('pgherd', 'plan'),
} as const

function unreachable(error: unknown, place: SqlPlace): DiagnosticError {
  return new DiagnosticError(
    diagnose('POSTGRES_UNREACHABLE', {
      detail: `no connection to database "${place.database}" on ${socket(place)}: ${messageOf(error)}`,
      mend: mend.run('pgherd', 'status'),
    }),
  )
}

function lost(error: unknown, place: SqlPlace, statement: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('POSTGRES_UNREACHABLE', {
      detail: redact(
        `the connection to database "${place.database}" broke (${messageOf(error)}) during: ${shorten(statement)}`,
      ),
      mend: mend.run('pgherd', 'logs', 'postgres'),
    }),
  )
}

function socket({ socketDirectory, port }: SqlPlace): string {
  return `${socketDirectory}/.s.PGSQL.${port}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Cuts SCRAM verifiers (RFC 5803: SCRAM-SHA-256$...) and MD5 ones out of a text, also when it was cut short. */
export function redact(text: string): string {
  return text
    .replace(/SCRAM-SHA-256\$?[^\s'"]*/g, 'SCRAM-SHA-256$(not shown)')
    .replace(/\bmd5[0-9a-f]{8,}/g, 'md5(not shown)')
}

function shorten(statement: string): string {
  const line = redact(statement).replace(/\s+/g, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 200)}...` : line
}
