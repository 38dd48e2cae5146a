import { newEventId, isEventId } from '../event-id.ts'
import type { EventMetadata, EventShape } from '../event.ts'
import { EventStoreError } from '../errors/event-store-error.ts'
import type { Schemas } from '../event-schemas.ts'
import type { Declarations } from '../personal/personal-fields.ts'
import { checkNotSealed, sealData } from '../personal/sealed-data.ts'
import type { SubjectKey } from '../personal/subject-keys.ts'
import {
  checkTag,
  prepareCondition,
  type AppendCondition,
  type PreparedCondition,
} from '../tags/tag-query.ts'
import { expectedNumber, type Expected } from './expected.ts'
import { jsonText } from './json-text.ts'
import { checkStreamName, checkText } from './stored-text.ts'

/** An event as its row will be. */
export interface PreparedEvent {
  readonly id: string
  readonly type: string
  readonly schemaVersion: number
  readonly data: string | null
  readonly metadata: string | null
  readonly tags: readonly string[]
}

/** An append that has been checked, so that the server has no reason to refuse the group it goes with. */
export interface PreparedAppend {
  readonly stream: string
  readonly expected: Expected
  readonly expectedNumber: number
  readonly events: readonly PreparedEvent[]
  readonly condition: PreparedCondition | undefined
  /** Whether some ids may have been appended before. */
  readonly hasGivenIds: boolean
  /** About how much there is to send. */
  readonly bytes: number
}

export interface EventInput extends EventShape {
  readonly id?: string
  readonly metadata?: EventMetadata
  readonly tags?: readonly string[]
}

/** What an append is to meet. */
export interface Requirement {
  readonly expected: Expected
  readonly condition?: AppendCondition | undefined
}

/** What appends have in common. */
export interface AppendContext {
  readonly schemas: Schemas
  readonly personal: Declarations
  /** What every event is given; an event's own metadata wins. */
  readonly metadata: () => EventMetadata | undefined
}

/** Longer ones would be refused by the server, or by the memory of whoever reads them. */
const maxEventBytes = 64 * 1024 * 1024

/** Checks an append and writes its JSON. Throws EventStoreError: INVALID_STREAM, INVALID_EVENT, INVALID_EXPECTED, EMPTY_APPEND, EVENT_TOO_LARGE. */
export function prepareAppend(
  stream: string,
  events: readonly EventInput[],
  { expected, condition }: Requirement,
  context: AppendContext,
  keys: ReadonlyMap<string, SubjectKey> = noKeys,
): PreparedAppend {
  checkStreamName(stream)
  if (events.length === 0) throw nothingToAppend(`${JSON.stringify(stream)} was given no events`)
  const shared = context.metadata()
  const prepared = events.map((event) => prepareEvent(stream, event, shared, context, keys))
  if (events.length > 1 && new Set(prepared.map(({ id }) => id)).size < prepared.length)
    throw invalid('two events of one append have the same id', 'only one of them could be stored')
  return {
    stream,
    expected,
    expectedNumber: expectedNumber(expected),
    events: prepared,
    condition: condition && prepareCondition(condition),
    hasGivenIds: events.some(({ id }) => id !== undefined),
    bytes: prepared.reduce(
      (sum, { data, metadata }) => sum + (data?.length ?? 0) + (metadata?.length ?? 0) + 100,
      0,
    ),
  }
}

export function nothingToAppend(detail: string): EventStoreError {
  return new EventStoreError('EMPTY_APPEND', {
    detail,
    why: 'an append of nothing would not even check the expected version, and mostly hides a mistake',
    mend: 'Do not append when nothing happened.',
  })
}

const noKeys: ReadonlyMap<string, SubjectKey> = new Map()

function prepareEvent(
  stream: string,
  event: EventInput,
  shared: EventMetadata | undefined,
  { schemas, personal }: AppendContext,
  keys: ReadonlyMap<string, SubjectKey>,
): PreparedEvent {
  if (typeof event !== 'object' || event === null || typeof event.type !== 'string' || event.type === '')
    throw invalid('an event has no type', 'readers tell events apart by it')
  checkText(event.type, 'the type', 'INVALID_EVENT')
  const { type } = event
  if (event.id !== undefined && !isEventId(event.id))
    throw invalid(`the id ${JSON.stringify(event.id)} of a ${type} is no UUID`, 'ids are stored as UUIDs')
  const id = event.id?.toLowerCase() ?? newEventId()
  const own = event.metadata
  const metadata = shared === undefined ? own : own === undefined ? shared : { ...shared, ...own }
  const what = `the data of a ${type}`
  const declarations = personal.get(type)
  const data = declarations
    ? sealData(event.data, { stream, id, type }, declarations, keys)
    : checkNotSealed(jsonText(event.data, what), what)
  return {
    id,
    type,
    schemaVersion: schemas[type]?.version ?? 1,
    data: sized(data, type),
    metadata: sized(jsonText(metadata, `the metadata of a ${type}`), type),
    tags: event.tags ? checkedTags(event.tags) : noTags,
  }
}

const noTags: readonly string[] = []

function checkedTags(tags: readonly string[]): readonly string[] {
  for (const tag of tags) checkTag(tag, 'INVALID_EVENT')
  return [...new Set(tags)]
}

function sized(json: string | null, type: string): string | null {
  if (json === null || json.length <= maxEventBytes) return json
  throw new EventStoreError('EVENT_TOO_LARGE', {
    detail: `a ${type} has ${json.length} characters of JSON, and ${maxEventBytes} are the most`,
    why: 'every reader would have to hold it in memory',
    mend: 'Store large contents elsewhere, and in the event where they are and their digest.',
  })
}

function invalid(detail: string, why: string): EventStoreError {
  return new EventStoreError('INVALID_EVENT', { detail, why, mend: 'Correct the event before appending it.' })
}
