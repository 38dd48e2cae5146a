import { EventStoreError, isEventStoreError } from '../errors/event-store-error.ts'
import type { PreparedAppend } from './prepare-append.ts'

/**
 * Thrown when the connection broke after an append was sent: it may be stored or not. Append the same events with
 * these ids again: what was stored is recognised, also when the expected version has moved on by it.
 */
export class OutcomeUnknown extends EventStoreError {
  /** Ids of the events of each append, in order. */
  readonly appends: readonly { readonly stream: string; readonly eventIds: readonly string[] }[]

  /** @internal */
  constructor(cause: EventStoreError, appends: readonly PreparedAppend[]) {
    const streams = appends.map(({ stream }) => JSON.stringify(stream)).join(', ')
    super('OUTCOME_UNKNOWN', {
      detail: `an append to ${streams}: ${cause.detail}`,
      why: 'its events may or may not be stored',
      mend: 'Append the same events with the ids in `appends` again; nothing is stored twice.',
      cause,
    })
    this.name = 'OutcomeUnknown'
    this.appends = appends.map(({ stream, events }) => ({ stream, eventIds: events.map(({ id }) => id) }))
  }
}

/** The error with what it was about, where that helps. */
export function withAppend(thrown: unknown, appends: readonly PreparedAppend[]): unknown {
  return isEventStoreError(thrown, 'OUTCOME_UNKNOWN') ? new OutcomeUnknown(thrown, appends) : thrown
}
