import { diagnose, MigrateError, refuseErrors, type Diagnostic } from './diagnostic/diagnostic.ts'
import { judge } from './history/judge.ts'
import { readApplied } from './history/read-history.ts'
import type { Applied } from './history/record.ts'
import type { PgConnection } from './connection/pg-connection.ts'
import { underLock } from './run/lock.ts'
import { settle, type RunOptions, type Settled } from './run/options.ts'
import { preflight } from './run/preflight.ts'
import { runTasks } from './run/run-steps.ts'
import { Session } from './connection/session.ts'
import type { Task } from './run/steps.ts'
import { compareVersions, labelOf, type Migration } from './source/migration.ts'
import { targetOf } from './up.ts'

export interface DownOptions extends RunOptions {
  /** The version that stays as the newest; `0` undoes all. When left out, the newest migration alone is undone. */
  readonly to?: string | number
}

export interface DownResult {
  /** What this call undid, newest first. */
  readonly undone: readonly { readonly version: string; readonly name: string }[]
}

/**
 * Undoes migrations by their down parts, newest first, each in a transaction of its own unless its file says otherwise.
 * Refuses before anything is run when one of them has no down part.
 *
 * @throws MigrateError MIGRATE_DOWN_MISSING, MIGRATE_TARGET_UNKNOWN, and what `up` throws.
 */
export async function down(
  connection: PgConnection,
  migrations: readonly Migration[],
  options: DownOptions = {},
): Promise<DownResult> {
  const settled = settle(options)
  const to = options.to === undefined ? undefined : targetOf(options.to)
  await using session = await Session.open(connection)
  const seen = undoneBy(migrations, await readApplied(session, settled.table), settled, to)
  if (seen.length === 0) return { undone: [] }
  refuseErrors(await preflight(seen))
  return await underLock(session, settled, async (ground) => {
    const tasks = undoneBy(migrations, await readApplied(session, settled.table), settled, to).filter(
      // another runner may have undone some meanwhile; "the newest" must not become another one by that
      ({ migration }) => seen.some((each) => each.migration.version === migration.version),
    )
    await runTasks(tasks, { session, direction: 'down', settled, ground })
    return { undone: tasks.map(({ migration: { version, name } }) => ({ version, name })) }
  })
}

/** What would be undone, newest first, or every reason why nothing may be. */
export function undoneBy(
  migrations: readonly Migration[],
  applied: readonly Applied[],
  settled: Settled,
  to: string | undefined,
): readonly Task[] {
  // a migration that is not applied does not stand in the way of undoing others
  refuseErrors(judge(migrations, applied, { ...settled, outOfOrder: 'run' }).findings)
  const files = new Map(migrations.map((migration) => [migration.version, migration]))
  const newestFirst = applied.toReversed()
  const chosen =
    to === undefined
      ? newestFirst.slice(0, 1)
      : newestFirst.filter(({ version }) => compareVersions(version, to) > 0)
  const findings: Diagnostic[] = []
  const tasks = chosen.flatMap((each) => {
    const migration = files.get(each.version)
    if (migration?.down && each.state === 'applied') return [{ migration, script: migration.down }]
    findings.push(notUndoable(each, migration))
    return []
  })
  if (findings.length > 0) throw new MigrateError(findings)
  return tasks
}

function notUndoable(applied: Applied, migration: Migration | undefined): Diagnostic {
  const reason =
    applied.state === 'baseline'
      ? 'it was there before the history began'
      : migration
        ? `${migration.up.file} has no down part`
        : 'this release has no file of it'
  return diagnose('MIGRATE_DOWN_MISSING', {
    detail: `${labelOf(applied)} cannot be undone: ${reason}. Nothing was undone`,
    mend: migration
      ? `write ${migration.up.file.replace(/(\.up)?\.sql$/, '')}.down.sql, or choose a target above it`
      : 'undo it with the release that has its file',
    at: { version: applied.version },
  })
}
