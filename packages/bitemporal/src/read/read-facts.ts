import type { ClientBase } from 'pg'
import { checkName } from '../change/key.ts'
import type { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import type { Fact } from '../fact.ts'
import { instantColumn } from '../time/instant-column.ts'
import { fromServer } from '../time/instant.ts'
import { toAsOf, type AsOf } from './as-of.ts'
import { factColumns, toFact } from './fact-row.ts'
import { pageSize, type Paged } from './page-size.ts'

const clock: Query = { name: 'clock', text: (bt) => `select ${instantColumn(`${bt}.clock()`)}` }

const factsOfSubject: Query = {
  name: 'facts-of-subject',
  text: (bt) => `select ${factColumns('f')} from ${bt}.known($3) f
    where f.subject = $1 and f.valid_from <= $2 and f.valid_to > $2 order by f.predicate`,
}

/** The first row names the last key of the page, whether it has a fact or not. */
const factsOfPredicate: Query = {
  name: 'facts-of-predicate',
  text: (bt) => `
    with page as materialized (
      select id, subject, predicate, recorded_at from ${bt}.fact_key
      where predicate = $1 and subject > $2 order by subject limit $5)
    select max(subject), count(*)::text, null, null, null, null from page
    union all
    (select ${factColumns('f')} from (
      select p.subject, p.predicate, c.value, c.valid_from, c.valid_to, c.recorded_from
        from page p join ${bt}.current_fact c on c.key_id = p.id
        where c.valid_from <= $3 and c.valid_to > $3 and c.recorded_from <= $4
      union all
      select p.subject, p.predicate, h.value, h.valid_from, h.valid_to, h.recorded_from
        from page p join ${bt}.fact_history h on h.key_id = p.id
        where p.recorded_at > $4 and h.recorded_to > $4 and h.recorded_from <= $4
          and h.valid_from <= $3 and h.valid_to > $3) f
    order by f.subject)`,
}

/** All that holds of one subject, in the order of predicates. */
export async function readSubject(
  database: Database,
  subject: string,
  asOf: AsOf,
  client?: ClientBase,
): Promise<readonly Fact[]> {
  checkName(subject, 'the subject')
  const { validAt, recordedAt } = toAsOf(asOf)
  const valid = validAt ?? (await readClock(database, client))
  const rows = await database.run(factsOfSubject, [subject, valid, recordedAt], client)
  return rows.map((row) => toFact(row))
}

/** What holds of every subject under a predicate, in the order of subjects; pages of keys. */
export async function* readPredicate<V>(
  database: Database,
  predicate: string,
  { client, ...options }: AsOf & Paged & { readonly client?: ClientBase },
): AsyncGenerator<Fact<V>, void, undefined> {
  checkName(predicate, 'the predicate')
  const size = pageSize(options)
  const { validAt, recordedAt } = toAsOf(options)
  const valid = validAt ?? (await readClock(database, client))
  for (let after = ''; ;) {
    const [end, ...rows] = await database.run(
      factsOfPredicate,
      [predicate, after, valid, recordedAt, size],
      client,
    )
    for (const row of rows) yield toFact<V>(row)
    if (Number(column(end, 1)) < size) return
    after = column(end, 0)
  }
}

/** The server's now, so that pages have one. */
export async function readClock(database: Database, client?: ClientBase): Promise<string> {
  const [row] = await database.run(clock, [], client)
  return fromServer(column(row, 0))
}
