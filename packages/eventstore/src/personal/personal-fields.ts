import { EventStoreError } from '../errors/event-store-error.ts'
import type { EventOf, EventShape } from '../event.ts'
import type { Erased } from './erased.ts'

/** Fields of data whose type says that they may have been erased: `Personal<...>`. */
export type ErasableField<D> = unknown extends D
  ? string
  : { [K in keyof D & string]: Erased extends D[K] ? K : never }[keyof D & string]

/** Which fields of an event's data are about a person, and about whom. */
export interface PersonalDeclaration<D = unknown> {
  /** The person, by a name of up to 512 characters that never changes; from fields that are not personal themselves. */
  readonly subject: (data: D) => string
  /** Sealed with the key of that person when the event is stored. */
  readonly fields: readonly ErasableField<D>[]
}

/** By event type; a list where an event is about several people. */
export type PersonalFields<E extends EventShape = EventShape> = {
  readonly [T in E['type']]?:
    PersonalDeclaration<EventOf<E, T>['data']> | readonly PersonalDeclaration<EventOf<E, T>['data']>[]
}

/** Declarations by type, where any event may be asked about. */
export type Declarations = ReadonlyMap<string, readonly PersonalDeclaration[]>

/** Throws INVALID_OPTION when a field is declared twice or a declaration has none. */
export function declarationsOf<E extends EventShape>(fields: PersonalFields<E>): Declarations {
  const table = new Map<string, readonly PersonalDeclaration[]>()
  for (const [type, given] of Object.entries(fields)) {
    const declarations = (Array.isArray(given) ? given : [given]) as readonly PersonalDeclaration[]
    const names = declarations.flatMap((each) => each.fields)
    const isWrong =
      new Set(names).size < names.length ||
      declarations.some((each) => typeof each.subject !== 'function' || each.fields.length === 0)
    if (isWrong)
      throw new EventStoreError('INVALID_OPTION', {
        detail: `the personal fields of ${type} are declared twice, without a field or without a subject`,
        why: 'each has to be sealed with the key of exactly one person',
        mend: 'Name each field once, and give `subject` as a function of the data.',
      })
    table.set(type, declarations)
  }
  return table
}
