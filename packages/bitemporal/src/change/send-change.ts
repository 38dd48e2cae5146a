import type { ClientBase } from 'pg'
import type { Database } from '../database/database.ts'
import type { Query } from '../database/query.ts'
import { instantColumn } from '../time/instant-column.ts'
import { changeResult, type ChangeResult } from './change-result.ts'
import type { PreparedChange } from './prepare-change.ts'

const change: Query = {
  name: 'change',
  text: (bt) => `select o_status, o_version, ${instantColumn('o_recorded_at')}, ${instantColumn('o_from')},
    ${instantColumn('o_to')} from ${bt}.change($1, $2, $3, $4, $5, $6, $7)`,
}

/** Stores a change in one statement, in a transaction of its own or the client's. Throws what `changeResult` does. */
export async function sendChange(
  database: Database,
  prepared: PreparedChange,
  client?: ClientBase,
): Promise<ChangeResult> {
  const { subject, predicate, mode, from, to, value, expected } = prepared
  const [row] = await database.run(change, [subject, predicate, mode, from, to, value, expected], client)
  return changeResult(prepared, row)
}
