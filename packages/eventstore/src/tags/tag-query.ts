import { checkText } from '../append/stored-text.ts'
import { EventStoreError } from '../errors/event-store-error.ts'
import { wholeNumber } from '../read/whole-number.ts'

/** Events that have all of some tags, and one of some types. */
export interface TagQuery<T extends string = string> {
  /** At least one. Put the one first that the fewest events have. */
  readonly tags: readonly string[]
  /** Any type when left out. */
  readonly types?: readonly T[]
}

/** What may not have happened for an append: the consistency of a decision that is about more, or less, than a stream. */
export interface AppendCondition<T extends string = string> {
  /** No event that matches one of these queries is stored... */
  readonly none: TagQuery<T> | readonly TagQuery<T>[]
  /** ...after this position: that of the last event the decision has seen, 0 when left out. */
  readonly after?: number
}

/** A condition as the server takes it. */
export interface PreparedCondition {
  readonly none: readonly TagQuery[]
  readonly after: number
}

/** Throws INVALID_OPTION. */
export function prepareCondition({ none, after }: AppendCondition): PreparedCondition {
  return { none: checkQueries(none), after: wholeNumber('after', after, 0) ?? 0 }
}

/** Throws INVALID_OPTION. */
export function checkQueries(given: TagQuery | readonly TagQuery[]): readonly TagQuery[] {
  const queries = Array.isArray(given) ? (given as readonly TagQuery[]) : [given as TagQuery]
  if (queries.length === 0 || queries.some(({ tags, types }) => tags.length === 0 || types?.length === 0))
    throw new EventStoreError('INVALID_OPTION', {
      detail: 'a query by tags has no tag, or an empty list of types',
      why: 'it would match every event, or none',
      mend: 'Give at least one tag, and leave `types` out for all of them.',
    })
  for (const { tags } of queries) for (const tag of tags) checkTag(tag, 'INVALID_OPTION')
  return queries
}

/** Throws an error of the code for what cannot be a tag. */
export function checkTag(tag: string, code: 'INVALID_OPTION' | 'INVALID_EVENT'): void {
  if (typeof tag === 'string' && tag !== '') return checkText(tag, 'a tag', code)
  throw new EventStoreError(code, {
    detail: 'a tag is empty or no text',
    why: 'events are found by it',
    mend: 'Give tags like `course:c1`.',
  })
}
