import type { ClientBase } from 'pg'
import { tombstoned } from '../append/append-result.ts'
import { checkStreamName } from '../append/stored-text.ts'
import type { Database } from '../database/database.ts'
import type { Query } from '../database/query.ts'
import type { EventShape, Recorded } from '../event.ts'
import { keyringOf, type EventReading } from './event-reading.ts'
import { eventColumns, eventOfRow } from './event-row.ts'
import { pages } from './pages.ts'
import { wholeNumber } from './whole-number.ts'

export interface ReadOptions {
  /** Version of the first event to read: 1 when left out, the newest when reading backwards. */
  readonly from?: number
  /** Events at most. */
  readonly limit?: number
  readonly backwards?: boolean
  /** Reads in this transaction. */
  readonly client?: ClientBase
}

const pageSize = 1000

const page: Query = {
  name: 'read-stream',
  text: (es) => `select ${eventColumns} from ${es}.read_stream($1, $2, $3, $4)`,
}
const isTombstoned: Query = {
  name: 'is-tombstoned',
  text: (es) => `select tombstoned_at is not null from ${es}.stream where name = $1`,
}

/** The events of one stream in the order of their versions; none when it does not exist. Throws STREAM_TOMBSTONED, INVALID_STREAM, INVALID_OPTION. */
export async function* readStream<E extends EventShape>(
  database: Database,
  reading: EventReading,
  stream: string,
  options: ReadOptions = {},
): AsyncGenerator<Recorded<E>, void, undefined> {
  let found = false
  for await (const event of readEvents<E>(database, reading, stream, options)) {
    found = true
    yield event
  }
  if (found) return
  const [row] = await database.run(isTombstoned, [stream], options.client)
  if (row?.[0] === 't') throw tombstoned(stream)
}

/** The same without a look at why there are no events; notes the keys that personal data was opened with. Throws INVALID_STREAM, INVALID_OPTION. */
export async function* readEvents<E extends EventShape>(
  database: Database,
  reading: EventReading,
  stream: string,
  options: ReadOptions = {},
  usedKeys?: Set<string>,
): AsyncGenerator<Recorded<E>, void, undefined> {
  checkStreamName(stream)
  const limit = wholeNumber('limit', options.limit, 0) ?? Infinity
  const step = options.backwards ? -1 : 1
  const start = wholeNumber('from', options.from, 0) ?? (options.backwards ? Number.MAX_SAFE_INTEGER : 1)
  const backwards = options.backwards === true
  if (limit === 0) return
  const size = Math.min(pageSize, limit)
  let left = limit
  for await (const event of pages<Recorded<EventShape>>(size, async (last) => {
    const from = last ? last.version + step : start
    const rows = await database.run(page, [stream, from, backwards, size], options.client)
    const keys = await keyringOf(rows, reading, options.client)
    for (const [id, key] of keys) if (key !== 'erased') usedKeys?.add(id)
    return rows.map((row) => eventOfRow<EventShape>(row, reading, keys))
  })) {
    yield event as Recorded<E>
    if (--left === 0) return
  }
}
