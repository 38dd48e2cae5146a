import type { ClientBase } from 'pg'
import { int4Array, int8Array, textArray, uuidArray } from '../database/binary-array.ts'
import type { Database } from '../database/database.ts'
import type { Query, Value } from '../database/query.ts'
import { batchResult, type BatchResult } from './append-result.ts'
import type { PreparedAppend, PreparedEvent } from './prepare-append.ts'
import { appendTagged, appendTaggedAtomic, isTagged, tagParameters } from './tagged-statement.ts'

const columns = 'o_status, o_version, o_position'

const appendOne: Query = {
  name: 'append-one',
  text: (es) => `select ${columns} from ${es}.append_one($1, $2, $3, $4, $5, $6, $7, $8)`,
}
const appendMany: Query = {
  name: 'append-many',
  text: (es) =>
    `select ${columns} from ${es}.append_many($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, false)`,
}
const appendAtomic: Query = {
  name: 'append-atomic',
  text: (es) => `select ${columns} from ${es}.append_atomic($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
}

export interface AppendMode {
  /** All or none. */
  readonly atomic: boolean
  /** Whether some ids may have been stored before. */
  readonly check: boolean
  /** The user's transaction; one of its own when left out. */
  readonly client?: ClientBase
}

/** Stores appends in one statement; a result for each, in their order. */
export async function sendAppends(
  database: Database,
  appends: readonly PreparedAppend[],
  { atomic, check, client }: AppendMode,
): Promise<readonly BatchResult[]> {
  const [first] = appends
  const [event] = first?.events ?? []
  const nested = client !== undefined
  const tagged = appends.some(isTagged)
  if (first && event && appends.length === 1 && first.events.length === 1 && !check && !tagged) {
    const { id, type, schemaVersion, data, metadata } = event
    const values = [first.stream, first.expectedNumber, id, type, schemaVersion, data, metadata, nested]
    const [row] = await database.run(appendOne, values, client)
    return [batchResult(first, row)]
  }
  const order = byStream(appends)
  const sorted = order.map(({ append }) => append)
  const values = [...arrays(sorted), nested, check]
  const rows = tagged
    ? await database.run(
        atomic ? appendTaggedAtomic : appendTagged,
        [...values, ...tagParameters(sorted)],
        client,
      )
    : await database.run(atomic ? appendAtomic : appendMany, values, client)
  const results = new Array<BatchResult>(appends.length)
  for (const [at, { append, index }] of order.entries()) results[index] = batchResult(append, rows[at])
  return results
}

/** Streams are locked in the order of their names, so that two groups never wait for each other; one stream's appends keep their order. */
function byStream(appends: readonly PreparedAppend[]): readonly { append: PreparedAppend; index: number }[] {
  return appends
    .map((append, index) => ({ append, index }))
    .sort((a, b) =>
      a.append.stream < b.append.stream ? -1 : a.append.stream > b.append.stream ? 1 : a.index - b.index,
    )
}

function arrays(appends: readonly PreparedAppend[]): Value[] {
  const events: PreparedEvent[] = []
  const owners: number[] = []
  for (const [index, append] of appends.entries()) {
    for (const event of append.events) {
      events.push(event)
      owners.push(index + 1)
    }
  }
  return [
    textArray(appends.map(({ stream }) => stream)),
    int8Array(appends.map((append) => append.expectedNumber)),
    int4Array(appends.map((append) => append.events.length)),
    int4Array(owners),
    uuidArray(events.map(({ id }) => id)),
    textArray(events.map(({ type }) => type)),
    int4Array(events.map(({ schemaVersion }) => schemaVersion)),
    textArray(
      events.map(({ data }) => data),
      'json',
    ),
    textArray(
      events.map(({ metadata }) => metadata),
      'json',
    ),
  ]
}
