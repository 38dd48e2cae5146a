import type { ClientBase } from 'pg'
import { tombstoned } from '../append/append-result.ts'
import { jsonText } from '../append/json-text.ts'
import { checkStreamName } from '../append/stored-text.ts'
import type { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'

export interface StreamInfo {
  readonly stream: string
  /** 0 when it has metadata but never had an event. */
  readonly version: number
  /** Version of the first event that is still there, unless all are gone. */
  readonly truncatedBefore: number
  readonly metadata: Readonly<Record<string, unknown>>
  readonly created: Date
  readonly archived: boolean
  readonly tombstoned: boolean
}

const info: Query = {
  name: 'stream-info',
  text: (es) => `
    select version, truncated_before, metadata, date_part('epoch', created_at) * 1000, archived_at is not null,
      tombstoned_at is not null
    from ${es}.stream where name = $1`,
}

/** What is known about a stream; undefined when it does not exist. */
export async function streamInfo(
  database: Database,
  stream: string,
  client?: ClientBase,
): Promise<StreamInfo | undefined> {
  checkStreamName(stream)
  const [row] = await database.run(info, [stream], client)
  if (!row) return undefined
  return {
    stream,
    version: Number(column(row, 0)),
    truncatedBefore: Number(column(row, 1)),
    metadata: row[2] == null ? {} : (JSON.parse(row[2]) as Record<string, unknown>),
    created: new Date(Math.floor(Number(column(row, 3)))),
    archived: row[4] === 't',
    tombstoned: row[5] === 't',
  }
}

const setMetadata: Query = {
  name: 'set-stream-metadata',
  text: (es) => `
    insert into ${es}.stream as s (name, metadata) values ($1, $2)
    on conflict (name) do update set metadata = excluded.metadata where s.tombstoned_at is null returning 1`,
}

/** Replaces what is noted about a stream, which need not have events yet. Throws STREAM_TOMBSTONED, INVALID_EVENT when it has no JSON. */
export async function setStreamMetadata(
  database: Database,
  stream: string,
  metadata: Readonly<Record<string, unknown>>,
  client?: ClientBase,
): Promise<void> {
  checkStreamName(stream)
  const json = jsonText(metadata, `the metadata of ${JSON.stringify(stream)}`)
  const rows = await database.run(setMetadata, [stream, json], client)
  if (rows.length === 0) throw tombstoned(stream)
}
