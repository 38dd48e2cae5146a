import type { ClientBase } from 'pg'
import { checkKey } from '../change/key.ts'
import type { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import type { Fact } from '../fact.ts'
import { instantColumn } from '../time/instant-column.ts'
import { fromServer } from '../time/instant.ts'
import { toAsOf, type AsOf } from './as-of.ts'

const factAt: Query = {
  name: 'fact-at',
  text: (bt) => `select o_value, ${instantColumn('o_from')}, ${instantColumn('o_to')},
    ${instantColumn('o_recorded_from')}, o_version from ${bt}.fact_at($1, $2, $3, $4)`,
}
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
  const [row] = await database.run(factAt, [subject, predicate, validAt, recordedAt], client)
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
