import type { PgConnection } from './connection/pg-connection.ts'
import { Session } from './connection/session.ts'
import { MigrateError, refuseErrors, type Diagnostic } from './diagnostic/diagnostic.ts'
import { readApplied } from './history/read-history.ts'
import { createTableSql } from './history/table.ts'
import { observe, type Observed } from './rehearse/observe.ts'
import { underLock } from './run/lock.ts'
import { settle } from './run/options.ts'
import { preflight } from './run/preflight.ts'
import type { Migration } from './source/migration.ts'
import { pendingOf, targetOf, type UpOptions } from './up.ts'

export interface RehearsedMigration extends Observed {
  readonly version: string
  readonly name: string
}

export interface Rehearsal {
  /** Those that ran, in order; the one that failed is not among them. */
  readonly migrations: readonly RehearsedMigration[]
  /** Why it stopped; empty when all ran. */
  readonly failure: readonly Diagnostic[]
}

/**
 * Applies what is pending to a clone of the database, and reports of each migration how long it took, which tables it locked and
 * how, what it wrote anew, and how much WAL it made. They are really applied there, so never hand over the database itself.
 * Nobody works on a clone: what it shows is the work, not the waiting.
 *
 * @throws MigrateError for what makes `up` refuse before it runs anything. A migration that fails ends the rehearsal and is
 * its result.
 */
export async function rehearse(
  clone: PgConnection,
  migrations: readonly Migration[],
  options: UpOptions = {},
): Promise<Rehearsal> {
  const settled = settle(options)
  const to = options.to === undefined ? undefined : targetOf(options.to)
  await using session = await Session.open(clone)
  return await underLock(session, settled, async (ground) => {
    if (!ground.hasTable) await session.query(createTableSql(settled.table, ground))
    const tasks = pendingOf(migrations, await readApplied(session, settled.table), settled, to)
    refuseErrors(await preflight(tasks))
    const done: RehearsedMigration[] = []
    for (const task of tasks) {
      settled.onEvent({ kind: 'running', versions: [task.migration.version] })
      try {
        const { version, name } = task.migration
        done.push({ version, name, ...(await observe(task, { session, direction: 'up', settled, ground })) })
      } catch (error) {
        if (error instanceof MigrateError) return { migrations: done, failure: error.diagnostics }
        throw error
      }
    }
    return { migrations: done, failure: [] }
  })
}
