import { diagnose, MigrateError } from '../diagnostic/diagnostic.ts'
import { builtConcurrently, waitsWithoutQueue } from '../grammar/concurrent.ts'
import { parseText, SyntaxProblem, type Statement } from '../grammar/statements.ts'
import { offsetOfCharacter } from '../grammar/text-places.ts'
import { identifier, literal } from '../history/sql-text.ts'
import { labelOf } from '../source/migration.ts'
import { migrateError } from './failure.ts'
import { finishOutsideSql, progressSql, startOutsideSql, stopOutsideSql } from './outside-marks.ts'
import { pause } from './pause.ts'
import { ownRoleSql, putBackSql } from './put-back.ts'
import type { Work } from './run-batch.ts'
import { isConnectionLost, isServerError, isWorthRetrying } from '../connection/server-error.ts'
import type { Task } from './steps.ts'

const mostPauseMs = 10_000

/**
 * Runs a script statement by statement, each committing by itself, and counts in the history how far it came. A crash
 * leaves the migration marked as running, which nobody passes over: `repair` decides. A failure of the first statement
 * has changed nothing and is taken back altogether. `from` is how many statements an earlier run has done.
 *
 * @throws MigrateError MIGRATE_UNPARSABLE, MIGRATE_FAILED, MIGRATE_LOCK_TIMEOUT, MIGRATE_CONNECTION_LOST.
 */
export async function runOutside(task: Task, work: Work, from?: number): Promise<void> {
  const { session, settled, ground } = work
  const statements = await statementsOf(task)
  settled.onEvent({ kind: 'running', versions: [task.migration.version] })
  if (from === undefined) await session.query(startOutsideSql(task, work))
  let done = from ?? 0
  for (const statement of statements.slice(done)) {
    try {
      await runStatement(statement, task, work)
    } catch (error) {
      if (!isConnectionLost(error))
        await session.query(`${putBackSql(ground)}${stopOutsideSql(task, work, { done, error })}`)
      throw stopped(task, work, { statement, done, of: statements.length, error })
    }
    done += 1
    // what the script set holds for the rest of it, but the history is written by whoever runs it
    await session.query(`begin; ${ownRoleSql(ground, 'local')}${progressSql(task, work, done)}; commit`)
  }
  await session.query(`${putBackSql(ground)}${finishOutsideSql(task.migration.version, work)}`)
}

async function statementsOf({ migration, script }: Task): Promise<readonly Statement[]> {
  try {
    return (await parseText(script.text)).statements
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error
    const line = error.line + script.firstLine - 1
    throw new MigrateError(
      [
        diagnose('MIGRATE_UNPARSABLE', {
          detail: `${labelOf(migration)} runs outside a transaction, one statement at a time, and its statements cannot be told apart: ${error.message} at ${script.file}:${line}. Nothing of it was run`,
          mend: 'correct the file',
          at: { file: script.file, line, version: migration.version },
        }),
      ],
      { cause: error },
    )
  }
}

async function runStatement(statement: Statement, task: Task, { session, settled }: Work): Promise<void> {
  const lockTimeoutMs = waitsWithoutQueue(statement.node) ? 0 : settled.lockTimeoutMs
  for (let attempt = 1; ; attempt += 1) {
    await session.query(`set lock_timeout = ${lockTimeoutMs}; set statement_timeout = 0`)
    try {
      await dropInvalidIndex(statement, { session })
      await session.query(statement.text)
      return
    } catch (error) {
      if (!isWorthRetrying(error) || attempt >= settled.attempts) throw error
      const waitMs = await pause(attempt, settled.firstPauseMs, mostPauseMs)
      settled.onEvent({ kind: 'retrying', version: task.migration.version, attempt, waitMs })
    }
  }
}

/** What an earlier attempt left behind would make the next one fail, or worse, make IF NOT EXISTS take it for a good index. */
async function dropInvalidIndex({ node }: Statement, { session }: Pick<Work, 'session'>): Promise<void> {
  const built = builtConcurrently(node)
  if (!built) return
  const table = `${built.schema === undefined ? '' : `${identifier(built.schema)}.`}${identifier(built.table)}`
  const { rows } = await session.query(
    `select i.indexrelid::regclass::text as name from pg_index i join pg_class c on c.oid = i.indexrelid
where i.indrelid = to_regclass(${literal(table)}) and c.relname = ${literal(built.index)} and not i.indisvalid`,
  )
  const name = rows[0]?.['name']
  if (typeof name === 'string') await session.query(`drop index concurrently ${name}`)
}

interface Stop {
  readonly statement: Statement
  readonly done: number
  readonly of: number
  readonly error: unknown
}

function stopped(task: Task, { direction }: Work, { statement, done, of, error }: Stop): MigrateError {
  const position = isServerError(error) ? error.position : undefined
  const within = position === undefined ? 0 : offsetOfCharacter(statement.text, Number(position))
  const effect =
    done === 0
      ? 'Nothing of it took effect'
      : `${done} of its ${of} statements took effect; it counts as unfinished until repair says what becomes of it`
  return migrateError({ task, direction, error, effect, offset: statement.start + within })
}
