import { diagnose, MigrateError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { offsetOfCharacter } from '../grammar/text-places.ts'
import { labelOf, type Script } from '../source/migration.ts'
import type { Message } from './message.ts'
import { isConnectionLost, isServerError, isWorthRetrying, sqlStateOf } from '../connection/server-error.ts'
import type { Direction, Task } from './steps.ts'

/** Which script of a message an error of the server points into, and where in it; undefined when it points nowhere. */
export function placeOf(error: unknown, message: Message): { index: number; offset: number } | undefined {
  if (!isServerError(error) || error.position === undefined) return undefined
  const at = offsetOfCharacter(message.text, Number(error.position))
  const index = message.scripts.findIndex(({ start, end }) => start <= at && at <= end)
  const script = message.scripts[index]
  return script && { index, offset: at - script.start }
}

export interface FailedScript {
  readonly task: Task
  readonly direction: Direction
  readonly error: unknown
  /** Where in the text of the script, in JavaScript's offsets. */
  readonly offset?: number
  /** What is known of its effect. */
  readonly effect: string
}

/** The finding of a script that failed: what the server said, where, and what to do about it. */
export function failedScript({ task, direction, error, offset, effect }: FailedScript): Diagnostic {
  const { migration, script } = task
  const line = offset === undefined ? undefined : lineOf(script, offset)
  const place = line === undefined ? script.file : `${script.file}:${line}`
  const verb = direction === 'up' ? 'failed' : 'could not be undone'
  const isLock = isWorthRetrying(error)
  return diagnose(isLock ? 'MIGRATE_LOCK_TIMEOUT' : 'MIGRATE_FAILED', {
    detail: `${labelOf(migration)} ${verb} at ${place}: ${spoken(error)}. ${effect}`,
    mend: isLock
      ? 'find who holds the lock (pg_blocking_pids) and let it end, run at a quieter time, or raise lockTimeoutMs or attempts'
      : mendOf(error),
    at: { file: script.file, version: migration.version, ...(line !== undefined && { line }) },
  })
}

/** Wraps a failure for the caller. A lost connection stays one: nobody can say on which side of a commit it broke. */
export function migrateError(failed: FailedScript): MigrateError {
  const { error } = failed
  return isConnectionLost(error) ? error : new MigrateError([failedScript(failed)], { cause: error })
}

function lineOf(script: Script, offset: number): number {
  return script.firstLine + script.text.slice(0, offset).split('\n').length - 1
}

function spoken(error: unknown): string {
  if (!isServerError(error)) return error instanceof Error ? error.message : String(error)
  const parts = [error.message, error.detail, error.hint && `hint: ${error.hint}`].filter(Boolean)
  return `${parts.join('; ')} (SQLSTATE ${error.code})`
}

function mendOf(error: unknown): string {
  switch (sqlStateOf(error) ?? '') {
    case '25001':
      return 'put "-- pgherd: no-transaction" on the first line of the file, and nothing else into it'
    case '25006':
      return 'connect to the primary, or lift default_transaction_read_only'
    case '57014':
      return 'raise statementTimeoutMs, or split the work into batches'
    case '42501':
      return 'run it as a role that owns the objects, or grant it the right'
    case '42601':
      return 'correct the file; commands of psql (\\copy, \\restrict) are no SQL and the server does not know them'
    case '42P07':
    case '42701':
    case '42710':
      return `correct the file; if somebody made this by hand, repair with { kind: 'adopt' } counts the migration as applied`
    default:
      return 'correct the file and run it again; it was not applied'
  }
}
