import { createHash } from 'node:crypto'
import type { ClientBase, Pool } from 'pg'
import { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { checkSchemaName, defaultSchema } from '../schema/schema-name.ts'
import { instantColumn } from '../time/instant-column.ts'
import { fromServer } from '../time/instant.ts'
import { header, trailer } from './record.ts'
import { writeRecord } from './write-record.ts'

export interface ExportOptions {
  /** As given to `install`, or the name of a typed table; `bitemporal` when left out. */
  readonly schema?: string
}

const cursor = (bt: string): string => `
  declare exported no scroll cursor for
  select k.subject, k.predicate, f.value::text, ${instantColumn('f.valid_from')}, ${instantColumn('f.valid_to')},
    ${instantColumn('f.recorded_from')}, ${instantColumn('f.recorded_to')}
  from ${bt}.fact_key k join (
    select key_id, value, valid_from, valid_to, recorded_from, 'infinity'::timestamptz as recorded_to
      from ${bt}.current_fact
    union all
    select key_id, value, valid_from, valid_to, recorded_from, recorded_to from ${bt}.fact_history) f on f.key_id = k.id
  order by k.predicate, k.subject, f.recorded_from, f.valid_from, f.recorded_to`
const fetch: Query = { name: 'export-fetch', text: () => 'fetch forward 200 from exported' }

/**
 * Writes all that is and was known, as one moment has it, as lines of bitemporal 6NF text: for a file, a pipe, an upload.
 * Each piece is some lines. Memory stays within 200 facts. One connection is in use until it ends or is returned from
 * early. Works on a standby too. The same facts give the same text. Throws INVALID_OPTION, NOT_INSTALLED.
 */
export async function* exportFacts(
  pool: Pool | ClientBase,
  { schema = defaultSchema }: ExportOptions = {},
): AsyncGenerator<string, void, undefined> {
  const database = new Database({ pool, schema: checkSchemaName(schema), prepare: false, acquireMs: 30_000 })
  const client = await database.checkout()
  const digest = createHash('sha256')
  let records = 0
  let failure: unknown
  const sealed = (lines: readonly string[]): string => {
    const text = lines.map((line) => `${line}\n`).join('')
    digest.update(text)
    return text
  }
  try {
    await database.plain(client, 'begin isolation level repeatable read read only')
    await database.plain(client, cursor(database.bt))
    yield sealed(header)
    for (;;) {
      const rows = await database.run(fetch, [], client)
      if (rows.length === 0) break
      records += rows.length
      yield sealed(
        rows.map((row) =>
          writeRecord({
            subject: column(row, 0),
            predicate: column(row, 1),
            json: column(row, 2),
            valid: { from: fromServer(column(row, 3)), to: fromServer(column(row, 4)) },
            recorded: { from: fromServer(column(row, 5)), to: fromServer(column(row, 6)) },
          }),
        ),
      )
    }
    yield `${trailer(records, digest.digest('hex'))}\n`
  } catch (thrown) {
    failure = thrown
    throw thrown
  } finally {
    await client.query('rollback').catch(() => undefined)
    database.giveBack(client, failure)
  }
}
