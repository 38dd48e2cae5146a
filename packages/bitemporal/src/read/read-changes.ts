import type { ClientBase } from 'pg'
import { checkName } from '../change/key.ts'
import type { Database } from '../database/database.ts'
import { column, type Query, type Row } from '../database/query.ts'
import { instantColumn } from '../time/instant-column.ts'
import { forever, fromServer, toInstant, type Instant, type TimeLike } from '../time/instant.ts'
import type { Period } from '../time/period.ts'
import { pageSize, type Paged } from './page-size.ts'

/** Rows of one change are never on two pages. */
const changes: Query = {
  name: 'changes',
  text: (bt) => `
    with k as materialized (
      select id, subject, predicate from ${bt}.fact_key
      where recorded_at > $1 and ($5::text is null or subject = $5) and ($6::text is null or predicate = $6))
    select ${instantColumn('f.at')}, k.id, k.subject, k.predicate, f.added, f.value,
      ${instantColumn('f.valid_from')}, ${instantColumn('f.valid_to')}
    from k join (
      select key_id, recorded_from as at, true as added, value, valid_from, valid_to from ${bt}.current_fact
        where recorded_from > $1 and recorded_from <= $2
      union all
      select key_id, recorded_from, true, value, valid_from, valid_to from ${bt}.fact_history
        where recorded_from > $1 and recorded_from <= $2 and recorded_to > $1
      union all
      select key_id, recorded_to, false, value, valid_from, valid_to from ${bt}.fact_history
        where recorded_to > $1 and recorded_to <= $2) f on f.key_id = k.id
    where (f.at, k.id) > ($3::timestamptz, $4::bigint)
    order by f.at, k.id fetch first $7 rows with ties`,
}

export interface ChangesOptions extends Paged {
  /** What was known at this time already is left out. */
  readonly after: TimeLike
  /** Up to what was known at this time; everything when left out. */
  readonly upTo?: TimeLike
  readonly subject?: string
  readonly predicate?: string
}

/** What became known of one key at one time. */
export interface Change<V = unknown> {
  readonly subject: string
  readonly predicate: string
  readonly recordedAt: Instant
  /** What was known until then, whole facts in the order of valid time. */
  readonly removed: readonly { readonly value: V; readonly valid: Period }[]
  /** What is known since. */
  readonly added: readonly { readonly value: V; readonly valid: Period }[]
}

type Held = Change['added'][number]

interface Gathered {
  readonly key: string
  readonly change: Change & { readonly removed: Held[]; readonly added: Held[] }
}

/** What leads from what was known at one time to what was known at another, in the order in which it became known. */
export async function* readChanges(
  database: Database,
  { client, ...options }: ChangesOptions & { readonly client?: ClientBase },
): AsyncGenerator<Change, void, undefined> {
  const { subject = null, predicate = null } = options
  if (subject !== null) checkName(subject, 'the subject')
  if (predicate !== null) checkName(predicate, 'the predicate')
  const size = pageSize(options)
  const after = toInstant(options.after, '`after`')
  const upTo = options.upTo === undefined ? forever : toInstant(options.upTo, '`upTo`')
  for (let at = after, key = '0'; ;) {
    const rows = await database.run(changes, [after, upTo, at, key, subject, predicate, size], client)
    const gathered = gather(rows)
    for (const { change } of gathered) yield change
    const last = gathered.at(-1)
    if (!last || rows.length < size) return
    at = last.change.recordedAt
    key = last.key
  }
}

function gather(rows: readonly Row[]): readonly Gathered[] {
  const gathered: Gathered[] = []
  for (const row of rows) {
    const recordedAt = fromServer(column(row, 0))
    const key = column(row, 1)
    let last = gathered.at(-1)
    if (last?.key !== key || last.change.recordedAt !== recordedAt) {
      const named = { subject: column(row, 2), predicate: column(row, 3) }
      last = { key, change: { ...named, recordedAt, removed: [], added: [] } }
      gathered.push(last)
    }
    const valid = { from: fromServer(column(row, 6)), to: fromServer(column(row, 7)) }
    last.change[column(row, 4) === 't' ? 'added' : 'removed'].push({
      value: JSON.parse(column(row, 5)) as unknown,
      valid,
    })
  }
  for (const { change } of gathered)
    for (const facts of [change.removed, change.added])
      facts.sort((a, b) => (a.valid.from < b.valid.from ? -1 : 1))
  return gathered
}
