import type { ClientBase } from 'pg'
import type { Database } from '../database/database.ts'
import { column, type Query, type Row } from '../database/query.ts'
import type { EventShape, Recorded } from '../event.ts'
import { keyringOf, type EventReading } from './event-reading.ts'
import { eventColumns, eventOfRow } from './event-row.ts'
import { readHorizon } from './horizon.ts'
import { pages } from './pages.ts'
import { textArray } from '../database/binary-array.ts'
import { checkQueries, type TagQuery } from '../tags/tag-query.ts'
import { wholeNumber } from './whole-number.ts'

export interface ReadAllOptions<T extends string = string> {
  /** Position of the last event that is known already; 0 when left out. */
  readonly after?: number
  /** Only events of these types. */
  readonly types?: readonly T[]
  /** Only events that match one of these queries by tags. */
  readonly matching?: TagQuery<T> | readonly TagQuery<T>[]
  /** Events at most. */
  readonly limit?: number
}

/** A stretch of the store. */
export interface Range {
  readonly after: number
  /** At most the horizon that was read before. */
  readonly upTo: number
  readonly types: readonly string[] | undefined
  readonly limit: number
  /** One of a number of parts that streams are divided into. */
  readonly partition: number
  readonly partitions: number
}

const page: Query = {
  name: 'read-all',
  text: (es) => `select ${eventColumns} from ${es}.read_range($1, $2, $3, $4, $5, $6)`,
}

const taggedPage: Query = {
  name: 'read-tagged',
  text: (es) => `select ${eventColumns} from ${es}.read_tagged($1, $2, $3, $4)`,
}

/** Rows of a stretch in the order of their positions, for `eventOfRow`; the id of the stream comes after its columns. */
export function readRange(database: Database, range: Range, client?: ClientBase): Promise<readonly Row[]> {
  const { after, upTo, types, partitions, partition, limit } = range
  const filter = types ? textArray(types) : null
  return database.run(page, [after, upTo, filter, partitions, partition, limit], client)
}

/** The id of a row's stream. */
export function streamIdOfRow(row: Row): string {
  return column(row, 9)
}

const pageSize = 1000

/**
 * Every event after a position, in the order in which subscriptions deliver them, up to what is settled when it
 * begins: an event that appears later has a later position. Throws READ_ONLY on a standby, INVALID_OPTION.
 */
export async function* readAll<E extends EventShape>(
  database: Database,
  reading: EventReading,
  options: ReadAllOptions = {},
): AsyncGenerator<Recorded<E>, void, undefined> {
  const after = wholeNumber('after', options.after, 0) ?? 0
  const limit = wholeNumber('limit', options.limit, 0) ?? Infinity
  if (limit === 0) return
  const { safe } = await readHorizon(database)
  const size = Math.min(pageSize, limit)
  const queries = options.matching && JSON.stringify(matching(options.matching, options.types))
  const rest = { upTo: safe, types: options.types, limit: size, partition: 0, partitions: 1 }
  const next = (last: Row | undefined): Promise<readonly Row[]> => {
    const from = last ? Number(column(last, 0)) : after
    if (queries === undefined) return readRange(database, { ...rest, after: from })
    return database.run(taggedPage, [from, safe, queries, size])
  }
  for await (const rows of pages(size, limit, next)) {
    const keys = await keyringOf(rows, reading)
    for (const row of rows) yield eventOfRow<E>(row, reading, keys)
  }
}

/** Queries by tags, each with the types that all are asked for. */
function matching(
  given: TagQuery | readonly TagQuery[],
  types: readonly string[] | undefined,
): readonly TagQuery[] {
  return checkQueries(given).map((query) => {
    if (!types) return query
    return {
      tags: query.tags,
      types: query.types ? query.types.filter((type) => types.includes(type)) : types,
    }
  })
}
