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

/** Whether the connection is gone: the server said goodbye (class 57P), or nobody answers any more. */
export function isConnectionLost(error: unknown): boolean {
  const code = sqlStateOf(error)
  if (code !== undefined) return code.startsWith('57P') || code.startsWith('08')
  const system = String((error as { code?: unknown } | undefined)?.code)
  return (
    ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNREFUSED'].includes(system) ||
    (error instanceof Error && /connection (terminated|error|ended)|not queryable/i.test(error.message))
  )
}

/** Whether the history table is not there: undefined_table, invalid_schema_name. */
export function isTableMissing(error: unknown): boolean {
  return ['42P01', '3F000'].includes(sqlStateOf(error) ?? '')
}

/** Whether the whole message was refused unread: syntax_error, or characters the database cannot hold. */
export function isUnread(error: unknown): boolean {
  return ['42601', '22021', '22P05'].includes(sqlStateOf(error) ?? '')
}
