import { diagnose, MigrateError } from '../diagnostic/diagnostic.ts'
import { labelOf, type CodeScript, type MigrationModule } from '../source/migration.ts'
import { migrateError } from './failure.ts'
import { beginSql, finishSql, finishUndoSql, markSql, noteSql, unmarkSql } from './message.ts'
import { finishOutsideSql, startOutsideSql, stopOutsideSql } from './outside-marks.ts'
import { pause } from './pause.ts'
import { ownRoleSql, putBackSql } from './put-back.ts'
import type { Work } from './run-batch.ts'
import {
  connectionLost,
  isConnectionLost,
  isWorthRetrying,
  meansConnectionLost,
} from '../connection/server-error.ts'
import type { Task } from './steps.ts'

const mostPauseMs = 10_000

/**
 * Runs a migration that is a module, in a transaction unless its file says otherwise.
 *
 * @throws MigrateError MIGRATE_FAILED, MIGRATE_DOWN_MISSING, MIGRATE_LOCK_TIMEOUT, MIGRATE_ENDS_TRANSACTION,
 * MIGRATE_CONNECTION_LOST.
 */
export async function runCode(task: Task, work: Work): Promise<void> {
  const { direction, settled } = work
  const run = directionOf(await loadModule(task, work), task, work)
  settled.onEvent({ kind: 'running', versions: [task.migration.version] })
  if (!task.script.transactional) return runOutsideCode(task, work, run)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runInside(task, work, run)
    } catch (error) {
      if (isConnectionLost(error) || meansConnectionLost(error))
        throw isConnectionLost(error) ? error : connectionLost(error)
      await work.session.query('rollback')
      if (error instanceof MigrateError) throw error
      if (!isWorthRetrying(error) || attempt >= settled.attempts) {
        await noteFailure(task, work, error)
        throw migrateError({ task, direction, error, effect: 'Its transaction was rolled back' })
      }
      const waitMs = await pause(attempt, settled.firstPauseMs, mostPauseMs)
      settled.onEvent({ kind: 'retrying', version: task.migration.version, attempt, waitMs })
    }
  }
}

type Run = (client: Work['session']['client']) => Promise<unknown>

async function loadModule(task: Task, { direction }: Work): Promise<MigrationModule> {
  try {
    return await (task.script as CodeScript).load()
  } catch (error) {
    throw migrateError({
      task,
      direction,
      error,
      effect: 'Its module could not be loaded, so nothing was run',
    })
  }
}

function directionOf(module: MigrationModule, { migration, script }: Task, { direction }: Work): Run {
  const run = direction === 'up' ? module.up : module.down
  if (typeof run === 'function') return run
  throw new MigrateError([
    diagnose('MIGRATE_DOWN_MISSING', {
      detail: `${script.file} exports no function "${direction}", so ${labelOf(migration)} cannot be ${direction === 'up' ? 'applied' : 'undone'}`,
      mend: `export async function ${direction}(client)`,
      at: { file: script.file, version: migration.version },
    }),
  ])
}

async function runInside(task: Task, work: Work, run: Run): Promise<void> {
  const { session, settled, ground, direction } = work
  const mark = direction === 'up' ? markSql(task, 'applied', settled) : unmarkSql(task, settled)
  const finish = direction === 'up' ? finishSql(task, settled.table) : finishUndoSql(task, settled.table)
  const began = await session.query(
    `${beginSql(settled)}${putBackSql(ground)}${mark}select pg_current_xact_id()::text as id`,
  )
  await run(session.client)
  const now = await session.query(`${ownRoleSql(ground)}select pg_current_xact_id()::text as id`)
  if (now.rows[0]?.['id'] !== began.rows[0]?.['id']) throw endedTransaction(task)
  await session.query(`${finish} commit; ${putBackSql(ground)}`)
}

function endedTransaction({ migration, script }: Task): MigrateError {
  return new MigrateError([
    diagnose('MIGRATE_ENDS_TRANSACTION', {
      detail: `${script.file} ended the transaction it was given, so what it did before and after that did not commit together; ${labelOf(migration)} counts as applied when that was a commit`,
      mend: 'take COMMIT and ROLLBACK out of the module, or begin it with "// pgherd: no-transaction"; then look at the schema',
      at: { file: script.file, version: migration.version },
    }),
  ])
}

async function runOutsideCode(task: Task, work: Work, run: Run): Promise<void> {
  const { session, direction, ground } = work
  await session.query(startOutsideSql(task, work))
  try {
    await run(session.client)
  } catch (error) {
    // nobody but the module knows how far it came, so it stays marked as unfinished
    if (meansConnectionLost(error)) throw connectionLost(error)
    await session.query(`${putBackSql(ground)}${stopOutsideSql(task, work, { done: 1, error })}`)
    throw migrateError({
      task,
      direction,
      error,
      effect: 'What it did before stays; it counts as unfinished until repair says what becomes of it',
    })
  }
  await session.query(`${putBackSql(ground)}${finishOutsideSql(task.migration.version, work)}`)
}

async function noteFailure(task: Task, { session, settled, direction }: Work, error: unknown): Promise<void> {
  const said = error instanceof Error ? error.message : String(error)
  await session.query(
    direction === 'up'
      ? markSql(task, 'failed', settled, said)
      : noteSql(task.migration.version, `undoing failed: ${said}`, settled),
  )
}
