import type { ClientBase } from 'pg'
import { checkText } from '../append/stored-text.ts'
import { EventStoreError } from '../errors/event-store-error.ts'
import type { EventOf, EventShape, Recorded } from '../event.ts'
import { wholeNumber } from '../read/whole-number.ts'
import { retryPolicy, type RetryPolicy } from './retry-policy.ts'

/** What the handler of an inline projection works with. */
export interface InlineContext {
  /** In the transaction that appends, or moves the checkpoint: what is written with it counts exactly once. Do not commit it. */
  readonly client: ClientBase
}

/** What the handler of a subscription works with. */
export interface HandlerContext extends InlineContext {
  readonly subscription: string
  readonly partition: number
  /** 1 at first; greater when these events failed before. */
  readonly attempt: number
}

/** One function per event type; only events of these types are read. */
export type Handlers<E extends EventShape, C extends InlineContext = HandlerContext> = {
  readonly [T in E['type']]?: (event: Recorded<EventOf<E, T>>, context: C) => Promise<unknown> | void
}

/** Given many events at once, in order. */
export type BatchHandler<E extends EventShape> = (
  events: readonly Recorded<E>[],
  context: HandlerContext,
) => Promise<unknown> | void

/** What happens once an event has failed as often as it may: whether later events of its stream wait behind it. */
export type OnFailure = 'park-stream' | 'park-event'

export interface SubscriptionDefinition<E extends EventShape> {
  /** Under which its checkpoint is kept; processes with the same name share the work. */
  readonly name: string
  readonly handle: Handlers<E> | BatchHandler<E>
  /** For a batch handler: only events of these types; all when left out. */
  readonly types?: readonly E['type'][]
  /** Where a new subscription begins: `beginning` when left out, after all that is there, or after a position. */
  readonly from?: 'beginning' | 'end' | number
  /** Parts that streams are divided into, each handled by one process at a time; 1 when left out, fixed once it exists. */
  readonly partitions?: number
  /** Events per transaction at most; 1000 when left out. */
  readonly batchSize?: number
  readonly retry?: Partial<RetryPolicy>
  /** `park-stream` when left out: the order within a stream is kept. */
  readonly onFailure?: OnFailure
  /** How often to look without being woken, in milliseconds; 200 when left out. */
  readonly pollMs?: number
  /** Shortest time between two looks while being woken, in milliseconds; 3 when left out. */
  readonly paceMs?: number
  /** Told of every failed attempt and every failure of the connection. */
  readonly onError?: (error: unknown) => void
}

/** A definition with everything decided. */
export interface Plan {
  readonly name: string
  readonly handlers: Readonly<Record<string, Handler | undefined>> | undefined
  readonly handleBatch: BatchHandler<EventShape> | undefined
  readonly types: readonly string[] | undefined
  readonly from: 'beginning' | 'end' | number
  readonly partitions: number
  readonly batchSize: number
  readonly retry: RetryPolicy
  readonly onFailure: OnFailure
  readonly pollMs: number
  readonly paceMs: number
  readonly onError: (error: unknown) => void
}

type Handler = (event: Recorded<EventShape>, context: HandlerContext) => Promise<unknown> | void

/** Checks a definition and fills in what is left out. Throws INVALID_OPTION. */
export function planOf<E extends EventShape>(
  given: SubscriptionDefinition<E>,
  warn: (error: unknown) => void,
): Plan {
  const { name, handle, from = 'beginning' } = given
  if (name === '' || name.endsWith(rebuildSuffix))
    throw invalid(`${JSON.stringify(name)} is no name for a subscription`)
  checkText(name, 'the name of the subscription', 'INVALID_OPTION')
  if (typeof from === 'number') wholeNumber('from', from, 0)
  const isBatch = typeof handle === 'function'
  const handlers = isBatch ? undefined : (handle as Plan['handlers'])
  const types = isBatch ? given.types : Object.keys(handle)
  if (types?.length === 0) throw invalid(`${name} handles no type of event`)
  return {
    name,
    handlers,
    handleBatch: isBatch ? handle : undefined,
    types,
    from,
    partitions: wholeNumber('partitions', given.partitions, 1) ?? 1,
    batchSize: wholeNumber('batchSize', given.batchSize, 1) ?? 1000,
    retry: retryPolicy(given.retry ?? {}),
    onFailure: given.onFailure ?? 'park-stream',
    pollMs: wholeNumber('pollMs', given.pollMs, 1) ?? 200,
    paceMs: wholeNumber('paceMs', given.paceMs, 0) ?? 3,
    onError: given.onError ? guarded(given.onError, warn) : warn,
  }
}

/** What is told of errors must not end the subscription by one of its own. */
function guarded(
  onError: (error: unknown) => void,
  warn: (error: unknown) => void,
): (error: unknown) => void {
  return (error) => {
    try {
      onError(error)
    } catch (thrown) {
      warn(thrown)
    }
  }
}

/** Marks the checkpoint of a rebuild that runs beside the live subscription. */
export const rebuildSuffix = '~rebuild'

function invalid(detail: string): EventStoreError {
  return new EventStoreError('INVALID_OPTION', {
    detail,
    why: 'its checkpoint would never be found again, or never move',
    mend: `Give it a name that does not end in ${rebuildSuffix}, and at least one handler.`,
  })
}
