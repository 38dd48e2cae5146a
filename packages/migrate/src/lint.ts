import type { PgConnection } from './connection/pg-connection.ts'
import { Session } from './connection/session.ts'
import { readApplied } from './history/read-history.ts'
import { defaultTable, type HistoryTable } from './history/table.ts'
import { readCatalogue } from './lint/catalogue.ts'
import { effectsOf } from './lint/effects/registry.ts'
import { judgeScript, type LintGround } from './lint/judge-script.ts'
import { functionsIn, parseScripts } from './lint/parsed-script.ts'
import type { LintReport } from './lint/report.ts'
import { settle } from './run/options.ts'
import type { Migration } from './source/migration.ts'

export interface LintOptions {
  /** With it, only pending migrations are looked at, and the catalogue tells sizes, traffic and who holds locks now. */
  readonly connection?: PgConnection
  readonly table?: HistoryTable
  /** What the runner will be given, in ms. */
  readonly lockTimeoutMs?: number
}

/**
 * Says of each statement which lock it takes, for how long, whether it writes the table anew and who is in its way now, and
 * what the rules MIG01 to MIG09 find. Parses with the grammar of PostgreSQL 18. Runs nothing and changes nothing. What a
 * comment `-- pgherd: allow MIG04 because ...` above a statement allows is told apart.
 */
export async function lint(migrations: readonly Migration[], options: LintOptions = {}): Promise<LintReport> {
  const { lockTimeoutMs } = settle(options)
  if (!options.connection)
    return lintScripts(migrations, { catalogue: undefined, lockTimeoutMs, made: new Set() })
  await using session = await Session.open(options.connection)
  const applied = new Set(
    (await readApplied(session, options.table ?? defaultTable)).map(({ version }) => version),
  )
  const pending = migrations.filter(({ version }) => !applied.has(version))
  const { scripts } = await parseScripts(pending)
  const nothing = { major: undefined, column: () => undefined, isVolatile: () => true }
  const names = scripts.flatMap(({ statements }) =>
    statements.flatMap(({ node }) => effectsOf(node, nothing).map(({ relation }) => relation)),
  )
  const catalogue = await readCatalogue(session, [...new Set(names)], functionsIn(scripts))
  return await lintScripts(pending, { catalogue, lockTimeoutMs, made: new Set() })
}

async function lintScripts(migrations: readonly Migration[], ground: LintGround): Promise<LintReport> {
  const { scripts, findings } = await parseScripts(migrations)
  const reports = scripts.map((script) =>
    // without a catalogue a migration may run years after the one before it, when the tables of that one are in use
    judgeScript(script, ground.catalogue ? ground : { ...ground, made: new Set() }),
  )
  return {
    statements: reports.flatMap((each) => each.statements),
    findings: [...findings, ...reports.flatMap((each) => each.findings)],
    allowed: reports.flatMap((each) => each.allowed),
  }
}
