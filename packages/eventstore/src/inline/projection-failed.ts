import { EventStoreError } from '../errors/event-store-error.ts'
import type { EventShape, Recorded } from '../event.ts'

/** Thrown when the handler of an inline projection threw: neither the append nor what it wrote is stored. `cause` is what it threw. */
export class ProjectionFailed extends EventStoreError {
  readonly projection: string
  readonly stream: string
  readonly eventId: string

  /** @internal */
  constructor(projection: string, { stream, id, type }: Recorded<EventShape>, cause: unknown) {
    const said = cause instanceof Error ? cause.message : String(cause)
    super('PROJECTION_FAILED', {
      detail: `${JSON.stringify(projection)} failed on a ${type} of ${JSON.stringify(stream)}: ${said}`,
      why: 'the append is stored together with what its inline projections write, or not at all',
      mend: 'Look at `cause`; mend the handler, or decide again where it refuses on purpose.',
      cause,
    })
    this.name = 'ProjectionFailed'
    this.projection = projection
    this.stream = stream
    this.eventId = id
  }
}
