import type { PgConnection } from './connection/pg-connection.ts'
import { Session } from './connection/session.ts'
import { readApplied } from './history/read-history.ts'
import type { RepairAction } from './repair/action.ts'
import { breakLock } from './repair/break-lock.ts'
import { rebuildTable } from './repair/rebuild-table.ts'
import { repairs } from './repair/registry.ts'
import { underLock } from './run/lock.ts'
import { settle, type RunOptions } from './run/options.ts'
import type { Migration } from './source/migration.ts'
import { targetOf } from './up.ts'

/**
 * Carries out one decision about a state that `verify` found and that the library must not decide by itself. What was
 * decided, by whom and when is kept as a note in the history.
 *
 * @returns in a sentence, what was done.
 * @throws MigrateError MIGRATE_REPAIR_REFUSED when nothing of this kind is broken, and what `up` throws.
 */
export async function repair(
  connection: PgConnection,
  migrations: readonly Migration[],
  action: RepairAction,
  options: RunOptions = {},
): Promise<string> {
  const settled = settle(options)
  await using session = await Session.open(connection)
  if (action.kind === 'break-lock') return await breakLock(session, settled, action.idleSeconds ?? 60)
  return await underLock(session, settled, async (ground) => {
    if (action.kind === 'rebuild-table') return rebuildTable(session, settled, ground, migrations)
    const version = targetOf(action.version)
    const applied = ground.hasTable ? await readApplied(session, settled.table) : []
    return repairs[action.kind]({
      version,
      migration: migrations.find((each) => each.version === version),
      applied: applied.find((each) => each.version === version),
      session,
      settled,
      ground,
    })
  })
}
