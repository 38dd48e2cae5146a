import { jsonText } from '../append/json-text.ts'
import { EventStoreError } from '../errors/event-store-error.ts'
import { erased } from './erased.ts'
import type { PersonalDeclaration } from './personal-fields.ts'
import { open, seal } from './seal.ts'
import type { Keyring, SubjectKey } from './subject-keys.ts'

/**
 * How data with personal fields is stored: for each person the id of the key and the sealed fields, in base64, then the
 * other fields. Whoever reads needs no declaration, and a declaration that changes leaves stored events as they are.
 */
interface SealedData {
  readonly $personal: readonly (readonly [keyId: string, fields: Readonly<Record<string, string>>])[]
  readonly data: Readonly<Record<string, unknown>>
}

/** Begins the JSON of what is sealed, so that a look at its start tells. */
export const sealedMark = '{"$personal":'

/** Throws INVALID_EVENT for JSON that would be taken for sealed data. */
export function checkNotSealed(json: string | null, what: string): string | null {
  if (!json?.startsWith(sealedMark)) return json
  throw new EventStoreError('INVALID_EVENT', {
    detail: `${what} begins with a field $personal`,
    why: 'that is how sealed personal data is stored, so it could not be told from it',
    mend: 'Name the field otherwise.',
  })
}

/** The event whose data it is; sealed fields open only there. */
export interface Owner {
  readonly stream: string
  readonly id: string
  readonly type: string
}

/** The JSON of data with its personal fields sealed. Throws INVALID_EVENT. */
export function sealData(
  data: unknown,
  { stream, id, type }: Owner,
  declarations: readonly PersonalDeclaration[],
  keys: ReadonlyMap<string, SubjectKey>,
): string | null {
  const rest = { ...(data as Record<string, unknown>) }
  const sealed = declarations.flatMap(({ subject, fields }) => {
    const found = keys.get(subject(data))
    if (!found) throw new TypeError(`there is no key for a ${type}`)
    const texts = fields.flatMap((field) => {
      const json = jsonText(rest[field], `${field} of a ${type}`)
      delete rest[field]
      return json === null
        ? []
        : [[field, seal(found.key, [stream, id, type, field], json).toString('base64')] as const]
    })
    return texts.length === 0 ? [] : [[found.id, Object.fromEntries(texts)] as const]
  })
  const what = `the data of a ${type}`
  if (sealed.length === 0) return checkNotSealed(jsonText(rest, what), what)
  return jsonText({ $personal: sealed, data: rest } satisfies SealedData, what)
}

/** Ids of the keys that the JSON of sealed data needs; none when it is not sealed. */
export function keyIdsOf(json: string | null | undefined): readonly string[] {
  if (!json?.startsWith(sealedMark)) return []
  return (JSON.parse(json) as SealedData).$personal.map(([keyId]) => keyId)
}

/** Data with its personal fields opened, or `erased`. Throws PERSONAL_KEY_MISSING, PERSONAL_DATA_DAMAGED. */
export function openData(json: string, { stream, id, type }: Owner, keys: Keyring): unknown {
  const { $personal, data } = JSON.parse(json) as SealedData
  const opened: Record<string, unknown> = { ...data }
  for (const [keyId, fields] of $personal) {
    const key = keys.get(keyId)
    if (key === undefined) throw keyMissing(keyId, `a ${type} in ${JSON.stringify(stream)}`)
    for (const [field, sealed] of Object.entries(fields)) {
      const text =
        key === 'erased' ? undefined : open(key, [stream, id, type, field], Buffer.from(sealed, 'base64'))
      if (key !== 'erased' && !text) throw damaged(field, { stream, id, type })
      opened[field] = text ? JSON.parse(text.toString()) : erased
    }
  }
  return opened
}

function keyMissing(keyId: string, what: string): EventStoreError {
  return new EventStoreError('PERSONAL_KEY_MISSING', {
    detail: `the key ${keyId} of ${what} is not in the table subject_key`,
    why: 'it was not erased here, so the events come from elsewhere without their keys, or the table was damaged',
    mend: 'Copy the rows of subject_key from where the events were stored.',
  })
}

function damaged(field: string, { stream, id, type }: Owner): EventStoreError {
  return new EventStoreError('PERSONAL_DATA_DAMAGED', {
    detail: `${field} of the ${type} ${id} in ${JSON.stringify(stream)} cannot be opened with its key`,
    why: 'it was changed, or belongs to another event',
    mend: 'Restore the event from a backup or an export.',
  })
}
