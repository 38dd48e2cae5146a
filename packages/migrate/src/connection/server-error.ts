import { diagnose, MigrateError } from '../diagnostic/diagnostic.ts'

/** An error as PostgreSQL reports it through `pg`. */
export interface ServerError extends Error {
  /** SQLSTATE. */
  readonly code: string
  /** Character of the message sent, from 1. */
  readonly position?: string
  readonly detail?: string
  readonly hint?: string
  readonly where?: string
  readonly constraint?: string
}

const sqlState = /^[0-9A-Z]{5}$/

/** Whether the server itself said no; anything else is the connection's failure, or the user's code. */
export function isServerError(error: unknown): error is ServerError {
  return (
    error instanceof Error && 'severity' in error && sqlState.test(String((error as { code?: unknown }).code))
  )
}

/** SQLSTATE of a server error, else undefined. Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html */
export function sqlStateOf(error: unknown): string | undefined {
  return isServerError(error) ? error.code : undefined
}

/** What a second attempt may mend: lock_not_available, deadlock_detected. */
export function isWorthRetrying(error: unknown): boolean {
  return ['55P03', '40P01'].includes(sqlStateOf(error) ?? '')
}

/** Whether `pg` means that the connection is gone: the server said goodbye (class 57P), or nobody answers any more. */
export function meansConnectionLost(error: unknown): boolean {
  const code = sqlStateOf(error)
  if (code !== undefined) return code.startsWith('57P') || code.startsWith('08')
  const system = String((error as { code?: unknown } | undefined)?.code)
  return (
    ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNREFUSED'].includes(system) ||
    (error instanceof Error && /connection (terminated|error|ended)|not queryable/i.test(error.message))
  )
}

/** The error of a query that lost its connection. */
export function connectionLost(error: unknown): MigrateError {
  const said = error instanceof Error ? error.message : String(error)
  return new MigrateError(
    [
      diagnose('MIGRATE_CONNECTION_LOST', {
        detail: `the connection broke: ${said}. Each migration is either applied or not; the history tells which`,
        mend: 'run it again when the server answers: it goes on where this one ended',
      }),
    ],
    { cause: error },
  )
}

/** Whether an error of `Session.query` says that the connection is gone. */
export function isConnectionLost(error: unknown): error is MigrateError {
  return error instanceof MigrateError && error.code === 'MIGRATE_CONNECTION_LOST'
}

/** Whether the history table is not there: undefined_table, invalid_schema_name. */
export function isTableMissing(error: unknown): boolean {
  return ['42P01', '3F000'].includes(sqlStateOf(error) ?? '')
}

/** Whether the whole message was refused unread: syntax_error, or characters the database cannot hold. */
export function isUnread(error: unknown): boolean {
  return ['42601', '22021', '22P05'].includes(sqlStateOf(error) ?? '')
}
