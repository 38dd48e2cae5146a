import type { ClientBase } from 'pg'
import { checkKey } from '../change/key.ts'
import type { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import type { Fact } from '../fact.ts'
import { instantColumn } from '../time/instant-column.ts'
import { fromServer } from '../time/instant.ts'
import { toAsOf, type AsOf } from './as-of.ts'

/**
 * At one point of both times there is one answer at most: when what is known now has it, the limit keeps the server from
 * looking at what was known before; and so does the first condition when the key did not change since. Plain SQL and no
 * function: that would cost half as much again (measured).
 */
const factAt = (name: string, valid: (bt: string) => string): Query => ({
  name,
  text: (bt) => `
    select f.value, ${instantColumn('f.valid_from')}, ${instantColumn('f.valid_to')},
      ${instantColumn('f.recorded_from')}, k.version
    from ${bt}.fact_key k cross join lateral (
      select c.value, c.valid_from, c.valid_to, c.recorded_from from (
        select value, valid_from, valid_to, recorded_from from ${bt}.current_fact
        where key_id = k.id and valid_from <= ${valid(bt)} order by valid_from desc limit 1) c
      where c.valid_to > ${valid(bt)} and c.recorded_from <= $3
      union all
      select h.value, h.valid_from, h.valid_to, h.recorded_from from ${bt}.history_at(k.id, ${valid(bt)}, $3) h
      where k.recorded_at > $3) f
    where k.predicate = $2 and k.subject = $1 limit 1`,
})
const factAtTime = factAt('fact-at', () => '$4::timestamptz')
const factNow = factAt('fact-now', (bt) => `(select ${bt}.clock())`)
const keyVersion: Query = {
  name: 'key-version',
  text: (bt) => `select version from ${bt}.fact_key where predicate = $2 and subject = $1`,
}

/** A fact and the present version of its key, to be passed as `expected`. */
export type VersionedFact<V> = Fact<V> & { readonly version: number }

/** The one answer for a key at a point of both times. */
export async function readFact<V>(
  database: Database,
  subject: string,
  predicate: string,
  asOf: AsOf,
  client?: ClientBase,
): Promise<VersionedFact<V> | undefined> {
  checkKey(subject, predicate)
  const { validAt, recordedAt } = toAsOf(asOf)
  const key = [subject, predicate, recordedAt]
  const [row] = await (validAt === null
    ? database.run(factNow, key, client)
    : database.run(factAtTime, [...key, validAt], client))
  if (!row) return undefined
  return {
    subject,
    predicate,
    value: JSON.parse(column(row, 0)) as V,
    valid: { from: fromServer(column(row, 1)), to: fromServer(column(row, 2)) },
    recordedAt: fromServer(column(row, 3)),
    version: Number(column(row, 4)),
  }
}

/** How many changes the key has had; 0 when nothing was ever recorded for it. */
export async function readVersion(
  database: Database,
  subject: string,
  predicate: string,
  client?: ClientBase,
): Promise<number> {
  checkKey(subject, predicate)
  const [row] = await database.run(keyVersion, [subject, predicate], client)
  return row ? Number(column(row, 0)) : 0
}
