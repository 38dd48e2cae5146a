import { checkText } from '../append/stored-text.ts'
import type { PreparedAppend } from '../append/prepare-append.ts'
import { EventStoreError } from '../errors/event-store-error.ts'
import type { EventShape, Recorded } from '../event.ts'
import { rebuildSuffix, type Handlers, type InlineContext } from '../subscription/definition.ts'

/** Tables that are written in the transaction of the append itself, so that whoever reads after it sees them. */
export interface InlineProjection<E extends EventShape> {
  /** By which `rebuild` knows it; no subscription has the same. */
  readonly name: string
  /** Throwing refuses the append. Appends made in a handler take its client. */
  readonly handle: Handlers<E, InlineContext>
}

type Handler = (event: Recorded<EventShape>, context: InlineContext) => Promise<unknown> | void

/** A projection that has been checked, where any event may be asked about. */
export interface CheckedProjection {
  readonly name: string
  readonly handlers: Readonly<Record<string, Handler | undefined>>
}

/** Throws INVALID_OPTION for a projection without a name of its own or without a handler. */
export function checkProjections<E extends EventShape>(
  given: readonly InlineProjection<E>[],
): readonly CheckedProjection[] {
  const names = new Set<string>()
  return given.map(({ name, handle }) => {
    if (typeof name !== 'string' || name === '' || name.endsWith(rebuildSuffix) || names.has(name))
      throw invalid(`${JSON.stringify(name)} is no name for an inline projection, or two have it`)
    checkText(name, 'the name of the inline projection', 'INVALID_OPTION')
    names.add(name)
    const handlers = handle as CheckedProjection['handlers']
    const found = Object.values(handlers)
    if (found.length === 0 || !found.every((each) => typeof each === 'function'))
      throw invalid(`the inline projection ${name} has no handler, or one that is no function`)
    return { name, handlers }
  })
}

/** Whether an event of some appends has a handler. */
export function areProjected(
  projections: readonly CheckedProjection[],
  appends: readonly PreparedAppend[],
): boolean {
  return appends.some(({ events }) =>
    events.some(({ type }) => projections.some(({ handlers }) => Object.hasOwn(handlers, type))),
  )
}

function invalid(detail: string): EventStoreError {
  return new EventStoreError('INVALID_OPTION', {
    detail,
    why: 'it could not be rebuilt, or would never be written',
    mend: `Give each a name of its own that does not end in ${rebuildSuffix}, and a function per event type.`,
  })
}
