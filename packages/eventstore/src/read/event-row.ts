import type { EventMetadata, EventShape, Recorded } from '../event.ts'
import { upcast, type Schemas } from '../event-schemas.ts'
import { column, type Row } from '../database/query.ts'

/** The columns that `eventOfRow` reads, and the id of the stream after them. */
export const eventColumns =
  'o_position, o_stream, o_version, o_id, o_type, o_schema_version, o_created, o_data, o_metadata, o_stream_id'

/** The event of a row, its data in the present schema version. Throws SCHEMA_UNKNOWN. */
export function eventOfRow<E extends EventShape>(row: Row, schemas: Schemas): Recorded<E> {
  const type = column(row, 4)
  const stored = Number(column(row, 5))
  const data: unknown = row[7] == null ? undefined : JSON.parse(row[7])
  const event: Recorded<EventShape> = {
    type,
    data: upcast(type, stored, data, schemas),
    id: column(row, 3),
    stream: column(row, 1),
    version: Number(column(row, 2)),
    position: Number(column(row, 0)),
    created: new Date(Math.floor(Number(column(row, 6)))),
    schemaVersion: schemas[type]?.version ?? stored,
    metadata: row[8] == null ? {} : (JSON.parse(row[8]) as EventMetadata),
  }
  // the user says which events the store holds; nothing here could know better
  return event as Recorded<E>
}
