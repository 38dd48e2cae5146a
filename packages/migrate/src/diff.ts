import type { PgConnection } from './connection/pg-connection.ts'
import { Session } from './connection/session.ts'
import { diagnose, MigrateError, type Diagnostic } from './diagnostic/diagnostic.ts'
import { loadEngine, type Engine, type EnginePlan, type Facts } from './diff/engine.ts'
import { ignoring } from './diff/ignored.ts'
import { inOrder } from './diff/order.ts'
import { stepsOf, type DiffStep } from './diff/steps.ts'
import { unseenBetween, unseenIn } from './diff/unseen.ts'
import { defaultTable, type HistoryTable } from './history/table.ts'

export interface DiffOptions {
  /** The history table, which is left out; `pgherd_migrate.history` when left out. */
  readonly table?: HistoryTable
  /** Schemas to leave out: those of a store or an extension that makes its own, which would be dropped as unwanted. */
  readonly ignoreSchemas?: readonly string[]
}

export interface SchemaDiff {
  /** Migrations from the first to the second, one in most cases; empty when there is no difference. */
  readonly steps: readonly DiffStep[]
  /** Statements of the ups that drop something or lose data. */
  readonly destroys: readonly string[]
  /** What was not compared, each a MIGRATE_DIFF_LEFT_OUT. */
  readonly findings: readonly Diagnostic[]
}

/**
 * The migrations that make the schema of one database that of another, with the way back: tables, columns, constraints,
 * indexes, views, functions, triggers, policies, grants, types, extensions. Reads both catalogues, changes nothing. Roles
 * belong to the server and are not compared; a renamed object is a drop and a create, so read what it `destroys`.
 *
 * @throws MigrateError MIGRATE_DIFF_ENGINE_MISSING (`@supabase/pg-delta` is an optional peer), MIGRATE_DIFF_FAILED.
 */
export async function diff(
  from: PgConnection,
  to: PgConnection,
  options: DiffOptions = {},
): Promise<SchemaDiff> {
  const engine = await loadEngine()
  await using source = await Session.open(from)
  await using target = await Session.open(to)
  const [before, after] = [await factsOf(engine, source), await factsOf(engine, target)]
  const unseen = unseenBetween(await unseenIn(source), await unseenIn(target))
  const roles = await rolesOf(source)
  const settings = {
    policy: ignoring(options.table ?? defaultTable, options.ignoreSchemas ?? []),
    scope: 'database' as const,
    assumedRoles: [...roles.all],
    // what whoever applies it makes is theirs anyway
    defaultOwner: roles.own,
  }
  try {
    const there = inOrder(engine.plan(before.factBase, after.factBase, settings))
    const back = inOrder(engine.plan(after.factBase, before.factBase, settings))
    return {
      steps: stepsOf(textsOf(engine, there), textsOf(engine, back)),
      destroys: there.actions
        .filter(({ verb, dataLoss }) => verb === 'drop' || dataLoss === 'destructive')
        .map(({ sql }) => sql),
      findings: leftOut([...before.diagnostics, ...after.diagnostics], unseen),
    }
  } catch (error) {
    throw new MigrateError(
      [
        diagnose('MIGRATE_DIFF_FAILED', {
          detail: `@supabase/pg-delta found no way: ${error instanceof Error ? error.message : String(error)}`,
          mend: 'write this migration by hand, or leave the schema out with { ignoreSchemas }',
        }),
      ],
      { cause: error },
    )
  }
}

/** The engine asks for a pool, and takes one client of it. */
async function factsOf({ extract }: Engine, { client }: Session): Promise<Facts> {
  const lent = { query: client.query.bind(client), release: () => undefined }
  const pool = { connect: () => Promise.resolve(lent) }
  return await extract(pool as unknown as Parameters<typeof extract>[0])
}

async function rolesOf(session: Session): Promise<{ all: readonly string[]; own: string }> {
  const { rows } = await session.query(`select rolname as name, rolname = current_user as own from pg_roles`)
  const own = rows.find((row) => row['own'] === true)
  return { all: rows.map((row) => String(row['name'])), own: String(own?.['name']) }
}

/** Each text is a migration of its own; what no transaction takes says so in our words. */
function textsOf({ renderPlanFiles }: Engine, made: EnginePlan): readonly string[] {
  return renderPlanFiles(made, { allowDrops: true }).files.map(({ contents, transactional }) =>
    transactional ? contents : contents.replace(/^-- pg-delta: .*\n/, '-- pgherd: no-transaction\n'),
  )
}

function leftOut(said: Facts['diagnostics'], unseen: readonly string[]): readonly Diagnostic[] {
  // a dangling edge is an order between two things of which one is built in
  const named = said.filter(({ code }) => code !== 'dangling_edge').map(({ message }) => message)
  const messages = new Set([...named, ...unseen])
  return [...messages].map((message) =>
    diagnose('MIGRATE_DIFF_LEFT_OUT', {
      detail: message,
      mend: 'compare it by eye, and write its migration by hand',
    }),
  )
}
