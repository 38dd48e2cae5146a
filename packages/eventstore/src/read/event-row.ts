import type { EventMetadata, EventShape, Recorded } from '../event.ts'
import { upcast } from '../event-schemas.ts'
import { openData, sealedMark, type Owner } from '../personal/sealed-data.ts'
import type { Keyring } from '../personal/subject-keys.ts'
import type { EventReading } from './event-reading.ts'
import { column, type Row } from '../database/query.ts'

/** The columns that `eventOfRow` reads, and the id of the stream after them. */
export const eventColumns =
  'o_position, o_stream, o_version, o_id, o_type, o_schema_version, o_created, o_data, o_metadata, o_stream_id'

/**
 * The event of a row, its data opened with the keys and in the present schema version.
 * Throws SCHEMA_UNKNOWN, PERSONAL_KEY_MISSING, PERSONAL_DATA_DAMAGED.
 */
export function eventOfRow<E extends EventShape>(
  row: Row,
  { schemas }: EventReading,
  keys: Keyring,
): Recorded<E> {
  const type = column(row, 4)
  const stored = Number(column(row, 5))
  const [id, stream] = [column(row, 3), column(row, 1)]
  const data = dataOf(row[7], { stream, id, type }, keys)
  const event: Recorded<EventShape> = {
    type,
    data: upcast(type, stored, data, schemas),
    id,
    stream,
    version: Number(column(row, 2)),
    position: Number(column(row, 0)),
    created: new Date(Math.floor(Number(column(row, 6)))),
    schemaVersion: schemas[type]?.version ?? stored,
    metadata: row[8] == null ? {} : (JSON.parse(row[8]) as EventMetadata),
  }
  // the user says which events the store holds; nothing here could know better
  return event as Recorded<E>
}

function dataOf(json: string | null | undefined, owner: Owner, keys: Keyring): unknown {
  if (json == null) return undefined
  return json.startsWith(sealedMark) ? openData(json, owner, keys) : JSON.parse(json)
}
