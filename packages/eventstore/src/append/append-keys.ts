import type { ClientBase } from 'pg'
import { EventStoreError } from '../errors/event-store-error.ts'
import type { Declarations, PersonalDeclaration } from '../personal/personal-fields.ts'
import type { SubjectKey, SubjectKeys } from '../personal/subject-keys.ts'
import type { EventInput } from './prepare-append.ts'
import { checkText } from './stored-text.ts'

/** The people whom some events are about. Throws INVALID_EVENT. */
export function subjectsOf(events: readonly EventInput[], declarations: Declarations): ReadonlySet<string> {
  const subjects = new Set<string>()
  // most stores declare nothing, and none of this is asked then
  if (declarations.size === 0) return subjects
  for (const event of events)
    for (const declaration of declarations.get(event?.type) ?? []) subjects.add(subjectOf(event, declaration))
  return subjects
}

function subjectOf({ type, data }: EventInput, { subject }: PersonalDeclaration): string {
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw invalid(`the data of a ${type} is no object`, 'its personal fields are declared by name')
  const name: unknown = subject(data)
  if (typeof name !== 'string' || name === '')
    throw invalid(
      `a ${type} does not say whom it is about`,
      'its personal fields are sealed with the key of that person',
    )
  checkText(name, `the subject of a ${type}`, 'INVALID_EVENT')
  return name
}

function invalid(detail: string, why: string): EventStoreError {
  return new EventStoreError('INVALID_EVENT', { detail, why, mend: 'Correct the event before appending it.' })
}

/**
 * Fetches the keys for appends. Appends go on in the order in which they were made, though those with keys to fetch
 * take longer; fetches run side by side.
 */
export class AppendKeys {
  readonly #keys: SubjectKeys
  #last: Promise<unknown> | undefined

  constructor(keys: SubjectKeys) {
    this.#keys = keys
  }

  /** Undefined when neither this append nor one before it has to wait. */
  fetch(
    subjects: ReadonlySet<string>,
    client: ClientBase | undefined,
  ): Promise<ReadonlyMap<string, SubjectKey>> | undefined {
    // in a transaction of the caller appends are made one after the other
    if (client) return subjects.size === 0 ? undefined : this.#keys.forSubjects(subjects, client)
    if (subjects.size === 0 && !this.#last) return undefined
    const before = this.#last
    const fetching =
      subjects.size === 0 ? Promise.resolve(new Map<string, SubjectKey>()) : this.#keys.forSubjects(subjects)
    const mine = Promise.allSettled([before, fetching])
    this.#last = mine
    // not before whoever waits has gone on, or a later append could overtake it
    const forget = (): void => {
      if (this.#last === mine) this.#last = undefined
    }
    void mine.then(() => {
      setImmediate(forget)
    })
    return mine.then(() => fetching)
  }
}
