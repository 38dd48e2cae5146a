import { diagnose, MigrateError } from './diagnostic/diagnostic.ts'
import { readApplied } from './history/read-history.ts'
import { createTableSql, qualified } from './history/table.ts'
import type { PgConnection } from './connection/pg-connection.ts'
import { underLock } from './run/lock.ts'
import { markSql } from './run/message.ts'
import { settle, type RunOptions } from './run/options.ts'
import { Session } from './connection/session.ts'
import { compareVersions, type Migration } from './source/migration.ts'
import { targetOf } from './up.ts'

export interface BaselineOptions extends Pick<RunOptions, 'table' | 'who' | 'runnerWaitMs' | 'onEvent'> {
  /** The newest version whose effect the database has already. */
  readonly at: string | number
}

/**
 * Begins the history of a database that has a schema already, by another tool or by hand: migrations up to `at` count as
 * applied and are not run.
 *
 * @throws MigrateError MIGRATE_BASELINE_REFUSED when there is a history or no such migration.
 */
export async function baseline(
  connection: PgConnection,
  migrations: readonly Migration[],
  options: BaselineOptions,
): Promise<{ readonly marked: readonly string[] }> {
  const settled = settle(options)
  const at = targetOf(options.at)
  const covered = migrations.filter(({ version }) => compareVersions(version, at) <= 0)
  if (covered.at(-1)?.version !== at) throw refused(`no file has version ${at}`, 'name the version of a file')
  await using session = await Session.open(connection)
  return await underLock(session, settled, async (ground) => {
    const applied = ground.hasTable ? await readApplied(session, settled.table) : []
    if (applied.length > 0)
      throw refused(
        `${qualified(settled.table)} says that ${applied.length} migrations are applied`,
        `leave it; single migrations that were made by hand are adopted with repair, { kind: 'adopt' }`,
      )
    const marks = covered.map((migration) =>
      markSql({ migration, script: migration.up }, 'baseline', settled),
    )
    const create = ground.hasTable ? '' : createTableSql(settled.table, ground)
    await session.query(`begin; ${create}\n${marks.join('')} commit`)
    return { marked: covered.map(({ version }) => version) }
  })
}

function refused(reason: string, mend: string): MigrateError {
  return new MigrateError([
    diagnose('MIGRATE_BASELINE_REFUSED', {
      detail: `${reason}, so a baseline would say what is not so`,
      mend,
    }),
  ])
}
