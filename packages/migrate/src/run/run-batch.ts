import { randomBytes } from 'node:crypto'
import { appliedOf, readAppliedSql } from '../history/record.ts'
import { inForceIndex } from '../history/table.ts'
import { migrateError, placeOf } from './failure.ts'
import type { Ground } from './ground.ts'
import { batchMessage, finishBatchSql, isMarkPrepared, markSql, noteSql } from './message.ts'
import type { Settled } from './options.ts'
import { pause } from './pause.ts'
import { flushedSql, putBackSql } from './put-back.ts'
import {
  isConnectionLost,
  isServerError,
  isUnread,
  isWorthRetrying,
  sqlStateOf,
} from '../connection/server-error.ts'
import type { Session } from '../connection/session.ts'
import type { Direction, Task } from './steps.ts'

const mostPauseMs = 10_000

export interface Work {
  readonly session: Session
  readonly direction: Direction
  readonly settled: Settled
  readonly ground: Ground
}

/**
 * Runs transactional SQL scripts, each in its transaction, all in one message. After a failure the history tells how far
 * it came: what is done stays, what waited for a lock is tried again, and what is wrong is thrown with its place.
 *
 * @throws MigrateError MIGRATE_FAILED, MIGRATE_LOCK_TIMEOUT, MIGRATE_CONNECTION_LOST.
 */
export async function runBatch(tasks: readonly Task[], work: Work): Promise<void> {
  const { session, direction, settled, ground } = work
  let rest = tasks
  let width = rest.length
  let attempt = 1
  let mayPrepare = true
  while (rest.length > 0) {
    const sent = rest.slice(0, width)
    const mark =
      mayPrepare && isMarkPrepared(sent, direction, ground)
        ? `pgherd_mark_${randomBytes(6).toString('hex')}`
        : undefined
    const message = batchMessage(sent, direction, settled, ground, mark)
    settled.onEvent({ kind: 'running', versions: sent.map(({ migration }) => migration.version) })
    try {
      await session.query(message.text)
      rest = rest.slice(sent.length)
      attempt = 1
      continue
    } catch (error) {
      if (isConnectionLost(error) || !isServerError(error)) throw thrown(error, sent[0], work)
      const isGone = mark !== undefined && isMarkGone(error, mark)
      const left = await leftOf(rest, work, isGone ? 'clock_timestamp()' : 'null')
      if (mark !== undefined) await forgetMark(mark, work)
      const came = rest.length - left.length
      rest = left
      if (came > 0) attempt = 1
      if (isGone) {
        mayPrepare = false
        continue
      }
      const [failed] = rest
      // another runner was faster with this one; the next message tells whether that was all
      if (!failed || (came > 0 && isOvertaken(error, settled))) continue
      const place = placeOf(error, message)
      if (came === 0 && sent.length > 1 && isUnread(error)) {
        // nothing of the message was run; what stands before the mistake still can be
        width = Math.max(place?.index ?? 1, 1)
        continue
      }
      if (!isWorthRetrying(error) || attempt >= settled.attempts) {
        await noteFailure(failed, error, work)
        throw thrown(error, failed, work, place?.index === came ? place.offset : undefined)
      }
      const waitMs = await pause(attempt, settled.firstPauseMs, mostPauseMs)
      settled.onEvent({ kind: 'retrying', version: failed.migration.version, attempt, waitMs })
      attempt += 1
    }
  }
}

/**
 * Ends the transaction that failed, notes how long those before it took, and asks the history which tasks are still to be done.
 * `end` is when the last of those before it ended, in SQL.
 */
async function leftOf(
  tasks: readonly Task[],
  { session, direction, settled, ground }: Work,
  end: string,
): Promise<readonly Task[]> {
  const finish = direction === 'up' ? finishBatchSql(tasks, settled.table, end) : ''
  // what was set by a migration before it holds on
  const message = `rollback; ${putBackSql(ground)}${flushedSql(ground)}${finish}${readAppliedSql(settled.table)}`
  const applied = appliedOf(await session.query(message))
  const inForce = new Set(applied.map(({ version }) => version))
  return tasks.filter(({ migration }) => inForce.has(migration.version) === (direction === 'down'))
}

/**
 * Whether a script before this one dropped the prepared mark (DEALLOCATE ALL, perhaps in a function). Then nothing of this one
 * was run, and the marks are planned one by one.
 */
function isMarkGone(error: unknown, mark: string): boolean {
  // invalid_sql_statement_name; in every language of the server its message holds the name
  return sqlStateOf(error) === '26000' && isServerError(error) && error.message.includes(mark)
}

/** A message that failed did not come to where it drops its prepared statement, or not to where it makes it. */
async function forgetMark(mark: string, { session }: Work): Promise<void> {
  await session.query(`deallocate ${mark}`).catch((error: unknown) => {
    // invalid_sql_statement_name
    if (sqlStateOf(error) !== '26000') throw error
  })
}

/** What the marks of `message.ts` say when the history is no longer as it was read. */
function isOvertaken(error: unknown, { table }: Settled): boolean {
  const state = sqlStateOf(error)
  return (
    state === '22012' ||
    (state === '23505' && isServerError(error) && error.constraint === inForceIndex(table))
  )
}

/**
 * Keeps the failure in the history. Its commit is flushed, and with it those of the migrations before it, so that what
 * the error reports as applied is durable.
 */
async function noteFailure(task: Task, error: unknown, { session, direction, settled }: Work): Promise<void> {
  const said = error instanceof Error ? error.message : String(error)
  try {
    await session.query(
      direction === 'up'
        ? markSql(task, 'failed', settled, said)
        : noteSql(task.migration.version, `undoing failed: ${said}`, settled),
    )
  } catch {
    // what the caller must see is the failure of the migration
  }
}

function thrown(error: unknown, task: Task | undefined, { direction }: Work, offset?: number): unknown {
  if (!task) return error
  const effect =
    direction === 'up'
      ? 'Its transaction was rolled back; those before it stay applied'
      : 'Its transaction was rolled back, so it is still applied'
  return migrateError({ task, direction, error, effect, ...(offset !== undefined && { offset }) })
}
