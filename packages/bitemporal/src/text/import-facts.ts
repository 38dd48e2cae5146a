import type { ClientBase, Pool } from 'pg'
import { instantArray, int4Array, int8Array, textArray } from '../database/binary-array.ts'
import { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { BitemporalError } from '../errors/bitemporal-error.ts'
import { checkSchemaName, defaultSchema } from '../schema/schema-name.ts'
import { instantColumn } from '../time/instant-column.ts'
import { fromServer } from '../time/instant.ts'
import { readRecords } from './lines.ts'
import type { TextRecord } from './record.ts'

export interface ImportOptions {
  /** As given to `install`, which has to have been called, or the name of a typed table; `bitemporal` when left out. */
  readonly schema?: string
  /** Whether a text that this library wrote has to be as it was written; true when left out. */
  readonly verify?: boolean
}

const importBatch: Query = {
  name: 'import-batch',
  text: (bt) => `select ${bt}.import_batch($1, $2, $3, $4, $5, $6, $7, $8)`,
}
const isTable: Query = {
  name: 'is-table',
  text: (bt) => `select to_regclass('${bt}.current_row') is not null`,
}
const importEnd: Query = {
  name: 'import-end',
  text: (bt) => `
    select o_subject, o_predicate, ${instantColumn('o_from')}, ${instantColumn('o_to')}, ${instantColumn('o_recorded_at')}
    from ${bt}.import_end($1)`,
}

/** So many rows, or so many characters of values, are sent at once. */
const batchRecords = 5000
const batchCharacters = 4 * 1024 * 1024

/**
 * Stores what `exportFacts`, or another program that writes bitemporal 6NF text of version 1.3, has written: with its
 * recorded times, so that every answer as of both times is as it was there. Of keys that nothing was recorded for here
 * yet; all or none; how many records they were. Throws INVALID_TEXT with the number of a line, ALREADY_KNOWN, OVERLAP,
 * UncoveredReference.
 */
export async function importFacts(
  pool: Pool | ClientBase,
  source: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
  { schema = defaultSchema, verify = true }: ImportOptions = {},
): Promise<number> {
  const database = new Database({ pool, schema: checkSchemaName(schema), prepare: false, acquireMs: 30_000 })
  return database.transaction((client) => importAll(database, readRecords(source, verify), client))
}

async function importAll(
  database: Database,
  records: AsyncIterable<TextRecord>,
  client: ClientBase,
): Promise<number> {
  const [table] = await database.run(isTable, [], client)
  const only = column(table, 0) === 't' ? database.schema : undefined
  const ids = new Set<string>()
  let batch = new Batch()
  let count = 0
  for await (const record of records) {
    if (only !== undefined && record.predicate !== only) throw otherPredicate(record.predicate, only)
    batch.add(record)
    count++
    if (!batch.isFull) continue
    for (const id of await batch.send(database, client)) ids.add(id)
    batch = new Batch()
  }
  for (const id of await batch.send(database, client)) ids.add(id)
  const all = [...ids].map(BigInt)
  for (let at = 0; at < all.length; at += batchRecords) {
    const [row] = await database.run(importEnd, [int8Array(all.slice(at, at + batchRecords))], client)
    if (!row) continue
    throw new BitemporalError('OVERLAP', {
      detail: `two records about ${JSON.stringify(column(row, 1))} of ${JSON.stringify(column(row, 0))} hold from ${fromServer(column(row, 2))} to ${fromServer(column(row, 3))}, both known at ${fromServer(column(row, 4))}`,
      why: 'for each point of both times there is one answer; nothing was imported',
      mend: 'End one of the two before the other begins, in valid or in recorded time.',
    })
  }
  return count
}

function otherPredicate(predicate: string, table: string): BitemporalError {
  return new BitemporalError('INVALID_TEXT', {
    detail: `a record is about ${JSON.stringify(predicate)}, and the typed table is ${table}`,
    why: 'nobody would find it there; nothing was imported',
    mend: 'Import into the table of that name, or into a store of facts.',
  })
}

class Batch {
  readonly #keys = new Map<string, number>()
  readonly #records: TextRecord[] = []
  readonly #key: number[] = []
  #characters = 0

  get isFull(): boolean {
    return this.#records.length >= batchRecords || this.#characters >= batchCharacters
  }

  add(record: TextRecord): void {
    const name = `${record.predicate}\0${record.subject}`
    const key = this.#keys.get(name) ?? this.#keys.size + 1
    this.#keys.set(name, key)
    this.#records.push(record)
    this.#key.push(key)
    this.#characters += record.json.length
  }

  /** The ids of its keys. */
  async send(database: Database, client: ClientBase): Promise<readonly string[]> {
    if (this.#records.length === 0) return []
    const names = [...this.#keys.keys()].map((name) => name.split('\0'))
    const values = [
      textArray(names.map(([predicate = '']) => predicate)),
      textArray(names.map(([, subject = '']) => subject)),
      int4Array(this.#key),
      instantArray(this.#records.map(({ valid }) => valid.from)),
      instantArray(this.#records.map(({ valid }) => valid.to)),
      instantArray(this.#records.map(({ recorded }) => recorded.from)),
      instantArray(this.#records.map(({ recorded }) => recorded.to)),
      textArray(
        this.#records.map(({ json }) => json),
        'jsonb',
      ),
    ]
    try {
      const [row] = await database.run(importBatch, values, client)
      return column(row, 0).slice(1, -1).split(',')
    } catch (thrown) {
      throw asKnown(thrown)
    }
  }
}

function asKnown(thrown: unknown): unknown {
  const { code, detail } = thrown as { code?: unknown; detail?: unknown }
  if (typeof code === 'string' && /^22...$/.test(code))
    return new BitemporalError('INVALID_VALUE', {
      detail: String((thrown as Error).message),
      why: 'the server would have to keep another value than the text has; nothing was imported',
      mend: 'Import into a table of the same columns as the one that was exported.',
      cause: thrown,
    })
  if (code !== '23505') return thrown
  return new BitemporalError('ALREADY_KNOWN', {
    detail: `a key is known here already, or two records of it begin at the same time: ${String(detail)}`,
    why: 'what was recorded here and what was recorded elsewhere have no common order; nothing was imported',
    mend: 'Import into a new schema, or remove the records of that key from the text.',
    cause: thrown,
  })
}
