import type { ClientBase } from 'pg'
import { checkName } from '../change/key.ts'
import type { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import type { Fact } from '../fact.ts'
import { toRecordedAt } from '../read/as-of.ts'
import { factColumnCount, factColumns, toFact } from '../read/fact-row.ts'
import { pageSize, type Paged } from '../read/page-size.ts'
import { readClock } from '../read/read-facts.ts'
import { instantColumn } from '../time/instant-column.ts'
import { fromServer, toInstant, type TimeLike } from '../time/instant.ts'
import { toPeriod, type Period, type PeriodLike } from '../time/period.ts'

export interface JoinOptions extends Paged {
  /** Facts of the same subject, or facts of the subject that the value on the left names; `subject` when left out. */
  readonly on?: 'subject' | 'reference'
  /** A point at which both hold; now when neither is given. */
  readonly validAt?: TimeLike
  /** A period during some of which both hold. */
  readonly during?: PeriodLike
  /** As it is known now when left out. */
  readonly recordedAt?: TimeLike
}

/** Two facts that hold at the same time. */
export interface Joined<L, R> {
  readonly left: Fact<L>
  readonly right: Fact<R>
  /** When both hold, cut to `during` when that was given. */
  readonly valid: Period
}

/** Each row says up to which key its page goes and how many keys that are. The right side may be in another schema. */
export const joinOn = (name: string, subject: string, right?: string): Query => ({
  name: `join-${name}`,
  text: (bt) => `
    with page as materialized (
      select subject from ${bt}.fact_key where predicate = $1 and subject > $3 order by subject limit $4)
    select e.last, e.keys, j.* from (select max(subject) as last, count(*)::text as keys from page) e
    left join lateral (
      select ${factColumns('l')}, ${factColumns('r')},
        ${instantColumn('greatest(l.valid_from, r.valid_from, $6::timestamptz)')},
        ${instantColumn('least(l.valid_to, r.valid_to, $7::timestamptz)')}
      from ${bt}.known($5) l join ${right ?? bt}.known($5) r on r.subject = ${subject}
      where l.predicate = $1 and l.subject > $3 and l.subject <= e.last and r.predicate = $2
        and greatest(l.valid_from, r.valid_from, $6) < least(l.valid_to, r.valid_to, $7)
        and ($8::timestamptz is null
          or l.valid_from <= $8 and l.valid_to > $8 and r.valid_from <= $8 and r.valid_to > $8)
      order by l.subject, greatest(l.valid_from, r.valid_from)) j on true`,
})
const queries = {
  subject: joinOn('subject', 'l.subject'),
  reference: joinOn('reference', `(l.value #>> '{}')`),
}

/** Pairs of facts of two predicates that hold at a point, or over a period, in the order of subjects and time; pages of keys. */
export async function* joinFacts<L, R>(
  database: Database,
  left: string,
  right: string,
  { client, ...options }: JoinOptions & { readonly client?: ClientBase },
  query = queries[options.on ?? 'subject'],
): AsyncGenerator<Joined<L, R>, void, undefined> {
  for (const predicate of [left, right]) checkName(predicate, 'the predicate')
  const size = pageSize(options)
  const recordedAt = toRecordedAt(options.recordedAt)
  const { from, to } = options.during ? toPeriod(options.during) : { from: '-infinity', to: 'infinity' }
  let point: string | null = null
  if (options.validAt !== undefined) point = toInstant(options.validAt, '`validAt`')
  else if (!options.during) point = await readClock(database, client)
  for (let after = ''; ;) {
    const values = [left, right, after, size, recordedAt, from, to, point]
    const rows = await database.run(query, values, client)
    for (const row of rows) {
      if (row[2] === null) continue
      yield {
        left: toFact<L>(row, 2),
        right: toFact<R>(row, 2 + factColumnCount),
        valid: {
          from: fromServer(column(row, 2 + 2 * factColumnCount)),
          to: fromServer(column(row, 3 + 2 * factColumnCount)),
        },
      }
    }
    if (Number(column(rows[0], 1)) < size) return
    after = column(rows[0], 0)
  }
}
