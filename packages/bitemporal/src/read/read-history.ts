import type { ClientBase } from 'pg'
import { checkKey } from '../change/key.ts'
import type { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import type { RecordedFact } from '../fact.ts'
import { instantColumn } from '../time/instant-column.ts'
import { fromServer } from '../time/instant.ts'

const history: Query = {
  name: 'history',
  text: (bt) => `
    with k as materialized (select id from ${bt}.fact_key where predicate = $2 and subject = $1)
    select f.value, ${instantColumn('f.valid_from')}, ${instantColumn('f.valid_to')},
      ${instantColumn('f.recorded_from')}, ${instantColumn('f.recorded_to')}
    from (
      select c.value, c.valid_from, c.valid_to, c.recorded_from, 'infinity'::timestamptz as recorded_to
        from ${bt}.current_fact c join k on c.key_id = k.id
      union all
      select h.value, h.valid_from, h.valid_to, h.recorded_from, h.recorded_to
        from ${bt}.fact_history h join k on h.key_id = k.id) f
    order by f.recorded_from, f.valid_from`,
}

/** All that was ever known about a key, in the order in which it became known. */
export async function readHistory<V>(
  database: Database,
  subject: string,
  predicate: string,
  client?: ClientBase,
): Promise<readonly RecordedFact<V>[]> {
  checkKey(subject, predicate)
  const rows = await database.run(history, [subject, predicate], client)
  return rows.map((row) => ({
    subject,
    predicate,
    value: JSON.parse(column(row, 0)) as V,
    valid: { from: fromServer(column(row, 1)), to: fromServer(column(row, 2)) },
    recorded: { from: fromServer(column(row, 3)), to: fromServer(column(row, 4)) },
  }))
}
