import { diagnose, MigrateError, refuseErrors } from './diagnostic/diagnostic.ts'
import { judge } from './history/judge.ts'
import { readApplied } from './history/read-history.ts'
import type { Applied } from './history/record.ts'
import { createTableSql } from './history/table.ts'
import type { PgConnection } from './connection/pg-connection.ts'
import { underLock } from './run/lock.ts'
import { settle, type RunOptions, type Settled } from './run/options.ts'
import { preflight } from './run/preflight.ts'
import { runTasks } from './run/run-steps.ts'
import { Session } from './connection/session.ts'
import type { Task } from './run/steps.ts'
import { compareVersions, isVersion, type Migration } from './source/migration.ts'

export interface UpOptions extends RunOptions {
  /** The last version to apply, as in its file name or without leading zeros; all when left out. */
  readonly to?: string | number
}

export interface DoneMigration {
  readonly version: string
  readonly name: string
  readonly durationMs: number
}

export interface UpResult {
  /** What this call applied, in order; empty when there was nothing to do or another runner did it. */
  readonly applied: readonly DoneMigration[]
}

/**
 * Applies pending migrations, each in a transaction of its own unless its file says otherwise. Nothing to do costs one
 * round trip. Any number of processes may call it at once: one works, the others wait and find it done.
 *
 * @param connection a pool of `pg`, or a connected client without an open transaction.
 * @throws MigrateError. Before anything is run, with every reason at once: MIGRATE_CHECKSUM_CHANGED, MIGRATE_FILE_MISSING,
 * MIGRATE_OUT_OF_ORDER, MIGRATE_PARTIAL, MIGRATE_DATABASE_AHEAD, MIGRATE_ENDS_TRANSACTION; while running, what
 * `run-batch.ts`, `run-outside.ts`, `run-code.ts` and `lock.ts` throw, with those before applied.
 */
export async function up(
  connection: PgConnection,
  migrations: readonly Migration[],
  options: UpOptions = {},
): Promise<UpResult> {
  const settled = settle(options)
  const to = options.to === undefined ? undefined : targetOf(options.to)
  await using session = await Session.open(connection)
  const seen = pendingOf(migrations, await readApplied(session, settled.table), settled, to)
  if (seen.length === 0) return { applied: [] }
  refuseErrors(await preflight(seen))
  return await underLock(session, settled, async (ground) => {
    if (!ground.hasTable) await session.query(createTableSql(settled.table, ground))
    const tasks = pendingOf(
      migrations,
      ground.hasTable ? await readApplied(session, settled.table) : [],
      settled,
      to,
    )
    await runTasks(tasks, { session, direction: 'up', settled, ground })
    return { applied: doneOf(tasks, await readApplied(session, settled.table)) }
  })
}

/** What would be run, or every reason why nothing may be. */
export function pendingOf(
  migrations: readonly Migration[],
  applied: readonly Applied[],
  settled: Settled,
  to: string | undefined,
): readonly Task[] {
  const { pending, findings } = judge(migrations, applied, settled)
  refuseErrors(findings)
  return pending
    .filter(({ version }) => to === undefined || compareVersions(version, to) <= 0)
    .map((migration) => ({ migration, script: migration.up }))
}

function doneOf(tasks: readonly Task[], applied: readonly Applied[]): readonly DoneMigration[] {
  const durations = new Map(applied.map(({ version, durationMs }) => [version, durationMs]))
  return tasks.map(({ migration: { version, name } }) => ({
    version,
    name,
    durationMs: durations.get(version) ?? 0,
  }))
}

/** A target as a version. @throws MigrateError MIGRATE_TARGET_UNKNOWN. */
export function targetOf(to: string | number): string {
  const version = String(to).replace(/^0+(?=\d)/, '')
  if (isVersion(version) && !(typeof to === 'number' && !Number.isSafeInteger(to))) return version
  throw new MigrateError([
    diagnose('MIGRATE_TARGET_UNKNOWN', {
      detail: `${JSON.stringify(to)} is no version; a guess could run or undo the wrong migrations`,
      mend: 'give the number a file name begins with; as text when it is above 2^53',
    }),
  ])
}
