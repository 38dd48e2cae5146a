import { refuseErrors } from './diagnostic/diagnostic.ts'
import { readApplied } from './history/read-history.ts'
import type { PgConnection } from './connection/pg-connection.ts'
import { settle, type RunOptions } from './run/options.ts'
import { preflight } from './run/preflight.ts'
import { Session } from './connection/session.ts'
import type { Task } from './run/steps.ts'
import { labelOf, type Migration } from './source/migration.ts'
import { undoneBy } from './down.ts'
import { pendingOf, targetOf } from './up.ts'

export interface DryRunOptions extends RunOptions {
  /** `up` when left out. */
  readonly direction?: 'up' | 'down'
  readonly to?: string | number
}

/**
 * The SQL that `up` or `down` would run now, as a script to read: the same texts in the same order, with the transactions
 * and limits they would have. Empty when there is nothing to do. Changes nothing.
 *
 * @throws MigrateError for whatever would make the run refuse before it begins.
 */
export async function dryRun(
  connection: PgConnection,
  migrations: readonly Migration[],
  options: DryRunOptions = {},
): Promise<string> {
  const settled = settle(options)
  const to = options.to === undefined ? undefined : targetOf(options.to)
  await using session = await Session.open(connection)
  const applied = await readApplied(session, settled.table)
  const tasks = (options.direction === 'down' ? undoneBy : pendingOf)(migrations, applied, settled, to)
  refuseErrors(await preflight(tasks))
  const limits = `set local lock_timeout = ${settled.lockTimeoutMs};\nset local statement_timeout = ${settled.statementTimeoutMs};`
  return tasks.map((task) => scriptOf(task, limits)).join('\n')
}

function scriptOf({ migration, script }: Task, limits: string): string {
  const title = `-- ${labelOf(migration)}: ${script.file}`
  if (script.kind === 'code') return `${title} is a module; what it runs shows only when it runs\n`
  const text = script.text.trim()
  const whole = text.endsWith(';') ? text : `${text}\n;`
  if (!script.transactional) return `${title}, each statement by itself\n${whole}\n`
  return `${title}\nbegin;\n${limits}\n${whole}\ncommit;\n`
}
