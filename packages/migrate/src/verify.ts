import { diagnose, type Diagnostic } from './diagnostic/diagnostic.ts'
import { judge } from './history/judge.ts'
import { readApplied } from './history/read-history.ts'
import { defaultTable, qualified } from './history/table.ts'
import type { PgConnection } from './connection/pg-connection.ts'
import { Session } from './connection/session.ts'
import { damageOf } from './repair/table-damage.ts'
import { untracked } from './repair/untracked.ts'
import { lockHolders } from './run/lock.ts'
import type { Migration } from './source/migration.ts'
import type { StatusOptions } from './status.ts'

export interface VerifyOptions extends StatusOptions {
  /** From when on an idle session that holds the lock counts as stuck, in s; 60 when left out. */
  readonly idleSeconds?: number
}

/**
 * Every way in which files, history and database do not fit together, each with its mend: edited, missing, unfinished,
 * out of order, applied by hand, a damaged table, a stuck lock. Changes nothing. Empty when all is well.
 */
export async function verify(
  connection: PgConnection,
  migrations: readonly Migration[],
  options: VerifyOptions = {},
): Promise<readonly Diagnostic[]> {
  const table = options.table ?? defaultTable
  await using session = await Session.open(connection)
  const stuck = (await lockHolders(session, table))
    .filter(({ state, seconds }) => state.startsWith('idle') && seconds >= (options.idleSeconds ?? 60))
    .map(({ label, state, seconds }) =>
      diagnose('MIGRATE_LOCK_STUCK', {
        detail: `${label} holds the lock and has been ${state} for ${seconds.toFixed(0)} s; until it ends, nothing can be migrated`,
        mend: `end its program, or repair with { kind: 'break-lock' }`,
      }),
    )
  const damage = await damageOf(session, table)
  if (damage.length > 0)
    return [
      ...stuck,
      diagnose('MIGRATE_TABLE_DAMAGED', {
        detail: `${qualified(table)} is not as this library made it: ${damage.join('; ')}`,
        mend: `repair with { kind: 'rebuild-table' }: it keeps the damaged table under another name and takes over what it still says`,
      }),
    ]
  const { findings, pending } = judge(migrations, await readApplied(session, table), options)
  return [...stuck, ...findings, ...(await untracked(session, pending))]
}
