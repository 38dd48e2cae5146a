import type { ClientBase } from 'pg'
import { expectedNumber, type Expected } from '../append/expected.ts'
import { tombstoned } from '../append/append-result.ts'
import { checkStreamName } from '../append/stored-text.ts'
import type { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { EventStoreError } from '../errors/event-store-error.ts'
import { VersionConflict } from '../errors/version-conflict.ts'
import { wholeNumber } from '../read/whole-number.ts'

const lock: Query = {
  name: 'lock-stream',
  text: (es) => `select id, version, tombstoned_at is not null from ${es}.stream where name = $1 for update`,
}
const setArchived: Query = {
  name: 'archive-stream',
  text: (es) =>
    `update ${es}.stream set archived_at = case when $2::boolean then coalesce(archived_at, clock_timestamp()) end where id = $1`,
}
const removedTags = (es: string): string =>
  `tags as (delete from ${es}.event_tag where position = any(array(select r.position from removed r)))`
const setTruncated: Query = {
  name: 'truncate-stream',
  text: (es) => `
    with removed as (delete from ${es}.event where stream_id = $1 and version < $2 returning position),
      ${removedTags(es)}
    update ${es}.stream set truncated_before = greatest(truncated_before, $2) where id = $1`,
}
const setTombstoned: Query = {
  name: 'tombstone-stream',
  text: (es) => `
    with removed as (delete from ${es}.event where stream_id = $1 returning position),
      ${removedTags(es)},
      snapshots as (delete from ${es}.snapshot where stream_id = $1)
    update ${es}.stream set tombstoned_at = clock_timestamp(), metadata = null, truncated_before = version + 1 where id = $1`,
}

/** Changes that end a stream, or a part of it. Each is one transaction, or a part of the client's. */
export class StreamLife {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Lets the stream take no more events, or again. Throws STREAM_MISSING, STREAM_TOMBSTONED. */
  async archive(stream: string, archived: boolean, client?: ClientBase): Promise<void> {
    await this.#change(stream, client, async ({ id }, own) => {
      await this.#database.run(setArchived, [id, archived], own)
    })
  }

  /** Removes the events below a version, at most all but the last one's successor. Throws STREAM_MISSING, STREAM_TOMBSTONED, INVALID_OPTION. */
  async truncateBefore(stream: string, version: number, client?: ClientBase): Promise<void> {
    wholeNumber('version', version, 1)
    await this.#change(stream, client, async ({ id, version: present }, own) => {
      await this.#database.run(setTruncated, [id, Math.min(version, present + 1)], own)
    })
  }

  /** Removes the events and snapshots for good and never lets the name be used again. Throws VERSION_CONFLICT, STREAM_MISSING, STREAM_TOMBSTONED. */
  async tombstone(stream: string, expected: Expected, client?: ClientBase): Promise<void> {
    const wanted = expectedNumber(expected)
    await this.#change(stream, client, async ({ id, version }, own) => {
      const holds = wanted === -1 || wanted === version || (wanted === -2 && version > 0)
      if (!holds) throw new VersionConflict(stream, expected, version)
      await this.#database.run(setTombstoned, [id], own)
    })
  }

  async #change(
    stream: string,
    client: ClientBase | undefined,
    change: (locked: { readonly id: string; readonly version: number }, client: ClientBase) => Promise<void>,
  ): Promise<void> {
    checkStreamName(stream)
    const within = async (own: ClientBase): Promise<void> => {
      const [row] = await this.#database.run(lock, [stream], own)
      if (!row) throw missing(stream)
      if (row[2] === 't') throw tombstoned(stream)
      await change({ id: column(row, 0), version: Number(column(row, 1)) }, own)
    }
    await (client ? within(client) : this.#database.transaction(within))
  }
}

function missing(stream: string): EventStoreError {
  return new EventStoreError('STREAM_MISSING', {
    detail: `there is no stream ${JSON.stringify(stream)}`,
    why: 'what does not exist can be neither archived, truncated nor tombstoned',
    mend: 'Check the name; capitals and blanks count.',
  })
}
