import { isServerError } from '../connection/server-error.ts'
import type { Session } from '../connection/session.ts'
import { offsetOfCharacter } from '../grammar/text-places.ts'
import { literal } from '../history/sql-text.ts'
import { qualified } from '../history/table.ts'
import { blockedBy, lockModeOf, lockModes, type LockMode } from '../lint/lock-mode.ts'
import { migrateError } from '../run/failure.ts'
import { beginSql, finishSql, markSql } from '../run/message.ts'
import { ownRoleSql, putBackSql } from '../run/put-back.ts'
import type { Work } from '../run/run-batch.ts'
import { runTasks } from '../run/run-steps.ts'
import type { Task } from '../run/steps.ts'

export interface HeldLock {
  readonly relation: string
  /** Each mode in which it was held until the commit. */
  readonly modes: readonly LockMode[]
  readonly strongest: LockMode
  /** Whom the strongest keeps out. */
  readonly keepsOut: ReturnType<typeof blockedBy>
}

export interface Rewrite {
  readonly relation: string
  readonly kind: 'table' | 'index' | 'materialized view'
  /** Its size afterwards. */
  readonly bytes: number
}

/** What one migration did to a clone. */
export interface Observed {
  readonly durationMs: number
  /** On what was there before; undefined where each statement commits by itself, and for modules. */
  readonly locks: readonly HeldLock[] | undefined
  /** What got a new file though it was there before: everybody waits while it is written. */
  readonly rewrites: readonly Rewrite[]
  /** WAL the server wrote meanwhile, which every standby and the archive must take. */
  readonly walBytes: number
}

interface File {
  readonly relation: string
  readonly kind: string
  readonly node: string
  readonly bytes: number
}

/** Runs one migration as `up` would, and looks at it before it commits and after. @throws MigrateError as `up` does. */
export async function observe(task: Task, work: Work): Promise<Observed> {
  const { session } = work
  const before = await filesOf(work)
  const wal = await walPosition(session)
  const began = performance.now()
  const isSeen = task.script.kind === 'sql' && task.script.transactional
  const locks = isSeen ? await runSeen(task, work, before) : await runTasks([task], work)
  const durationMs = performance.now() - began
  const walBytes = Number(
    (await session.query(`select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), ${literal(wal)}) as bytes`))
      .rows[0]?.['bytes'],
  )
  const after = await filesOf(work)
  // by name: a change of type makes the indexes of a column anew, under other numbers
  const named = new Map([...after.values()].map((file) => [file.relation, file]))
  const rewrites = [...before.values()].flatMap(({ relation, node, kind }): readonly Rewrite[] => {
    const now = named.get(relation)
    const known = kinds[kind]
    if (!now || now.node === node || known === undefined) return []
    return [{ relation: now.relation, kind: known, bytes: now.bytes }]
  })
  return { durationMs, locks: locks ?? undefined, rewrites, walBytes }
}

const kinds: Partial<Record<string, Rewrite['kind']>> = { r: 'table', i: 'index', m: 'materialized view' }

/** In a transaction of its own as any other, but with a look at its locks before it commits. */
async function runSeen(
  task: Task,
  { session, settled, ground }: Work,
  before: ReadonlyMap<string, File>,
): Promise<readonly HeldLock[]> {
  try {
    await session.query(`${beginSql(settled)}${putBackSql(ground)}${markSql(task, 'applied', settled)}`)
    await session.query(task.script.text)
    const { rows } = await session.query(
      `select relation::text as oid, array_to_json(array_agg(distinct mode))::text as modes from pg_locks where pid = pg_backend_pid() and locktype = 'relation' and granted group by relation`,
    )
    await session.query(`${ownRoleSql(ground)}${finishSql(task, settled.table)}commit; ${putBackSql(ground)}`)
    return rows.flatMap((row): readonly HeldLock[] => {
      const file = before.get(String(row['oid']))
      // an index is locked with its table
      if (!file || file.kind === 'i') return []
      const modes = (JSON.parse(String(row['modes'])) as string[]).flatMap((mode) => lockModeOf(mode) ?? [])
      const strongest = lockModes.findLast((mode) => modes.includes(mode))
      return strongest ? [{ relation: file.relation, modes, strongest, keepsOut: blockedBy(strongest) }] : []
    })
  } catch (error) {
    await session.query('rollback').catch(() => undefined)
    const at = isServerError(error) && error.position !== undefined ? Number(error.position) : undefined
    throw migrateError({
      task,
      direction: 'up',
      error,
      effect: 'Its transaction was rolled back',
      ...(at !== undefined && { offset: offsetOfCharacter(task.script.text, at) }),
    })
  }
}

/** The relations that users made, by oid, with the file of each. Not the history. */
async function filesOf({ session, settled }: Work): Promise<ReadonlyMap<string, File>> {
  const history = `to_regclass(${literal(qualified(settled.table))})`
  const { rows } = await session.query(
    `select c.oid::text as oid, c.oid::regclass::text as relation, c.relkind::text as kind, coalesce(pg_relation_filenode(c.oid), 0)::text as node,
coalesce(pg_relation_size(c.oid), 0)::text as bytes from pg_class c left join pg_index i on i.indexrelid = c.oid
where c.oid >= 16384 and c.relkind in ('r', 'p', 'm', 'i', 'v') and c.relnamespace <> 'pg_toast'::regnamespace
and c.oid is distinct from ${history} and i.indrelid is distinct from ${history} order by c.relkind = 'i', relation`,
  )
  return new Map(
    rows.map((row) => [
      String(row['oid']),
      {
        relation: String(row['relation']),
        kind: String(row['kind']),
        node: String(row['node']),
        bytes: Number(row['bytes']),
      },
    ]),
  )
}

async function walPosition(session: Session): Promise<string> {
  return String((await session.query(`select pg_current_wal_insert_lsn()::text as at`)).rows[0]?.['at'])
}
