import type { ClientBase } from 'pg'
import type { AppendResult } from '../append/append-result.ts'
import type { EventShape, NewEvent } from '../event.ts'
import { isEventStoreError } from '../errors/event-store-error.ts'
import { decided, type Decider, type Happened } from './decider.ts'
import type { Aggregate } from './aggregate.ts'
import type { SnapshotPolicy } from './snapshots.ts'

export interface HandleOptions<S> {
  readonly snapshot?: SnapshotPolicy<S>
  /** How often to read and decide again after somebody else appended first; 3 when left out. */
  readonly retries?: number
  readonly client?: ClientBase
}

export interface Handled<S, E extends EventShape> {
  /** After the new events. */
  readonly state: S
  readonly version: number
  readonly events: readonly NewEvent<E>[]
  /** Undefined when the decision was that nothing happens. */
  readonly appended: AppendResult | undefined
}

export interface HandlePorts<S, E extends EventShape> {
  readonly load: () => Promise<Aggregate<S>>
  readonly append: (events: readonly NewEvent<E>[], expected: number) => Promise<AppendResult>
}

/**
 * Reads, decides and appends; when the stream moved on meanwhile, again. Throws what `decide` throws, VERSION_CONFLICT
 * when it lost the race once more than `retries` times. In a transaction of the caller it decides once: what the
 * transaction has read before would not be read again.
 */
export async function handleCommand<S, C, E extends EventShape>(
  decider: Decider<S, C, E>,
  command: C,
  { retries = 3, client }: HandleOptions<S>,
  { load, append }: HandlePorts<S, E>,
): Promise<Handled<S, E>> {
  for (let left = client ? 0 : retries; ; left--) {
    const { state, version } = await load()
    const events = decided(decider, command, state)
    if (events.length === 0) return { state, version, events, appended: undefined }
    try {
      const appended = await append(events, version)
      const after = events.reduce(
        (before, event) => decider.evolve(before, event as unknown as Happened<E>),
        state,
      )
      return { state: after, version: appended.version, events, appended }
    } catch (thrown) {
      if (!isEventStoreError(thrown, 'VERSION_CONFLICT') || left <= 0) throw thrown
    }
  }
}
