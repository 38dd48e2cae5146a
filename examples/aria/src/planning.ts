import type pg from 'pg'
import type { BitemporalStore } from './bitemporal.ts'
import type { WorldFacts } from './facts.ts'

export interface Planned {
  readonly id: string
  /** The shelf the plan begins at; undefined when none was known. */
  readonly start: string | undefined
  readonly knownAt: string
}

// as text: a Date would round it to milliseconds
const knownAt = `to_char(known_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "knownAt"`

/** Plans for a time with what is known now, and keeps when that was: the plan and the question are one transaction. */
export function plan(
  store: BitemporalStore<WorldFacts>,
  robot: string,
  goal: string,
  validAt: string,
): Promise<Planned> {
  return store.transaction(async (client) => {
    const { rows } = await client.query<{ id: string; knownAt: string }>(
      `insert into plan (robot, goal, holds_at, known_at) values ($1, $2, $3, clock_timestamp())
       returning id, ${knownAt}`,
      [robot, goal, validAt],
    )
    const [kept] = rows
    if (!kept) throw new Error('the plan was not kept')
    const start = await store.get(robot, 'at', { validAt, recordedAt: kept.knownAt, client })
    return { ...kept, start: start?.value }
  })
}

/** Where a plan began, and where it would begin with what is known now. Throws when there is no such plan. */
export async function explain(
  pool: pg.Pool,
  store: BitemporalStore<WorldFacts>,
  id: string,
): Promise<{ readonly then: string | undefined; readonly now: string | undefined }> {
  const { rows } = await pool.query<{ robot: string; validAt: Date; knownAt: string }>(
    `select robot, holds_at as "validAt", ${knownAt} from plan where id = $1`,
    [id],
  )
  const [kept] = rows
  if (!kept) throw new Error(`there is no plan ${id}`)
  const { robot, validAt, knownAt: recordedAt } = kept
  const then = await store.get(robot, 'at', { validAt, recordedAt })
  const now = await store.get(robot, 'at', { validAt })
  return { then: then?.value, now: now?.value }
}
