import { EventStoreError } from '../errors/event-store-error.ts'

/** Thrown when an event was stored meanwhile that the decision should have known: read again and decide again. */
export class ConditionFailed extends EventStoreError {
  /** Of one such event. */
  readonly position: number

  /** @internal */
  constructor(stream: string, position: number) {
    super('CONDITION_FAILED', {
      detail: `the event at position ${position} matches the condition of an append to ${JSON.stringify(stream)}`,
      why: 'a decision taken without it would contradict it',
      mend: 'Read what matches again, decide again, and pass the position of the last event as `after`.',
    })
    this.name = 'ConditionFailed'
    this.position = position
  }
}
