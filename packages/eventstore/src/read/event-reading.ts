import type { ClientBase } from 'pg'
import type { Row } from '../database/query.ts'
import type { Schemas } from '../event-schemas.ts'
import { keyIdsOf } from '../personal/sealed-data.ts'
import type { Keyring, SubjectKeys } from '../personal/subject-keys.ts'

/** What rows are turned into events with. */
export interface EventReading {
  readonly schemas: Schemas
  readonly subjectKeys: SubjectKeys
}

const noKeys: Keyring = new Map()

/** The keys of the personal data in some rows, as they are now; asked for only where there is any. */
export async function keyringOf(
  rows: readonly Row[],
  { subjectKeys }: EventReading,
  client?: ClientBase,
): Promise<Keyring> {
  const ids = new Set(rows.flatMap((row) => keyIdsOf(row[7])))
  return ids.size === 0 ? noKeys : subjectKeys.forIds(ids, client)
}
