import type { ClientBase } from 'pg'
import { aggregateStream, type Aggregate, type AggregateDefinition } from './aggregate/aggregate.ts'
import type { Decider } from './aggregate/decider.ts'
import { handleCommand, type Handled, type HandleOptions } from './aggregate/handle-command.ts'
import { removeSnapshots } from './aggregate/snapshots.ts'
import { Appender, type AppendOptions, type BatchAppend, type BatchOptions } from './append/appender.ts'
import type { AppendResult, BatchResult } from './append/append-result.ts'
import type { Expected } from './append/expected.ts'
import { Database } from './database/database.ts'
import type { EventOf, EventShape, NewEvent, Recorded } from './event.ts'
import { checkSchemas } from './event-schemas.ts'
import type { EventStoreOptions } from './event-store-options.ts'
import { InlineAppends } from './inline/inline-appends.ts'
import { checkProjections } from './inline/inline-projection.ts'
import { KeyWrapping } from './personal/master-key.ts'
import { declarationsOf } from './personal/personal-fields.ts'
import { SubjectKeys } from './personal/subject-keys.ts'
import type { EventReading } from './read/event-reading.ts'
import { readStall, type Stall } from './read/horizon.ts'
import { readAll, type ReadAllOptions } from './read/read-all.ts'
import { readStream, type ReadOptions } from './read/read-stream.ts'
import { checkSchemaName, defaultSchema } from './schema/schema-name.ts'
import { setStreamMetadata, streamInfo, type StreamInfo } from './stream/stream-info.ts'
import { StreamLife } from './stream/stream-life.ts'
import type { SubscriptionDefinition } from './subscription/definition.ts'
import type { FailedEvent, FailedPage, FailedSelection } from './subscription/failed-events.ts'
import { readLag, type Lag } from './subscription/lag.ts'
import type { RebuildDefinition } from './subscription/rebuild.ts'
import { Subscriptions, type Subscription } from './subscription/subscriptions.ts'

/** What the change of a stream may be part of. */
export interface Within {
  /** The caller's transaction; one of its own when left out. */
  readonly client?: ClientBase
}

/** Streams of events of type E in a PostgreSQL database. */
export class EventStore<E extends EventShape = EventShape> {
  readonly #database: Database
  readonly #reading: EventReading
  readonly #appender: Appender
  readonly #life: StreamLife
  readonly #subscriptions: Subscriptions
  readonly #warn: (error: unknown) => void

  /** Connects only when it has something to ask. Throws INVALID_OPTION. */
  constructor(options: EventStoreOptions<E>) {
    const { pool, schema = defaultSchema, prepare = true, acquireMs = 30_000, wakeUp = true } = options
    this.#database = new Database({ pool, schema: checkSchemaName(schema), prepare, acquireMs })
    const subjectKeys = new SubjectKeys(this.#database, new KeyWrapping(options.masterKey))
    this.#reading = { schemas: checkSchemas(options.schemas ?? {}), subjectKeys }
    this.#warn =
      options.warn ?? ((error) => process.emitWarning(error instanceof Error ? error : String(error)))
    const inline = checkProjections(options.inline ?? [])
    this.#appender = new Appender({
      database: this.#database,
      ...this.#reading,
      personal: declarationsOf(options.personal ?? {}),
      metadata: options.metadata ?? (() => undefined),
      groupCommit: options.groupCommit ?? {},
      inline: inline.length > 0 ? new InlineAppends(inline, this.#database, this.#reading) : undefined,
      committed: () => this.#subscriptions.wake(),
    })
    this.#life = new StreamLife(this.#database)
    const names = new Set(inline.map(({ name }) => name))
    this.#subscriptions = new Subscriptions(this.#database, this.#reading, wakeUp, names)
  }

  /**
   * Appends events to a stream, all or none. Appends that come in together are committed together. With `client` they
   * are part of the caller's transaction, and are stored when that commits.
   * Throws VersionConflict, ProjectionFailed, OutcomeUnknown, and EventStoreError with one of the codes of `errorCodes`.
   */
  append(stream: string, events: readonly NewEvent<E>[], options: AppendOptions = {}): Promise<AppendResult> {
    return this.#appender.append(stream, events, options)
  }

  /**
   * Appends to several streams in one round trip; a result for each, in the order given: one that is refused does not
   * keep the others from being stored. With `atomic` all are stored or none, and BATCH_REFUSED is thrown.
   */
  appendBatch(
    appends: readonly BatchAppend<E>[],
    options: BatchOptions = {},
  ): Promise<readonly BatchResult[]> {
    return this.#appender.appendBatch(appends, options)
  }

  /** Does the work in a transaction of READ COMMITTED; pass its client to `append` and to your own statements. */
  async transaction<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
    const result = await this.#database.transaction(work)
    this.#subscriptions.wake()
    return result
  }

  /** Has subscriptions look at once, after you committed a transaction with appends yourself; else they do when they poll. */
  wake(): void {
    this.#subscriptions.wake()
  }

  /** The events of one stream in the order of their versions; none when it does not exist. Throws STREAM_TOMBSTONED. */
  read(stream: string, options: ReadOptions = {}): AsyncGenerator<Recorded<E>, void, undefined> {
    return readStream<E>(this.#database, this.#reading, stream, options)
  }

  /** Every event after a position up to what is settled now, in the order that subscriptions deliver. Throws READ_ONLY on a standby. */
  readAll<T extends E['type'] = E['type']>(
    options: ReadAllOptions<T> = {},
  ): AsyncGenerator<Recorded<EventOf<E, T>>, void, undefined> {
    return readAll<EventOf<E, T>>(this.#database, this.#reading, options)
  }

  /** The state of a stream, from the newest snapshot and the events since. Throws STREAM_TRUNCATED, STREAM_TOMBSTONED. */
  aggregate<S, A extends E = E>(
    stream: string,
    definition: AggregateDefinition<S, A>,
    { client }: Within = {},
  ): Promise<Aggregate<S>> {
    const tools = { database: this.#database, reading: this.#reading, warn: this.#warn }
    return aggregateStream(tools, stream, definition, client)
  }

  /** Reads, decides and appends, again when the stream moved on meanwhile. Throws what `decide` throws, VersionConflict. */
  handle<S, C, A extends E = E>(
    stream: string,
    decider: Decider<S, C, A>,
    command: C,
    options: HandleOptions<S> = {},
  ): Promise<Handled<S, A>> {
    const { snapshot, client } = options
    const within = client ? { client } : {}
    return handleCommand(decider, command, options, {
      load: () => this.aggregate(stream, { ...decider, ...(snapshot ? { snapshot } : {}) }, within),
      append: (events, expected) => this.#appender.append(stream, events, { expected, ...within }),
    })
  }

  /** Removes snapshots of older state versions, once no program reads them; how many there were. */
  removeSnapshots(name: string, olderThan: number): Promise<number> {
    return removeSnapshots(this.#database, name, olderThan)
  }

  /** What is known about a stream; undefined when it does not exist. */
  stream(stream: string, { client }: Within = {}): Promise<StreamInfo | undefined> {
    return streamInfo(this.#database, stream, client)
  }

  /** Replaces the notes on a stream, which need not have events yet. Throws STREAM_TOMBSTONED. */
  setStreamMetadata(
    stream: string,
    metadata: Readonly<Record<string, unknown>>,
    { client }: Within = {},
  ): Promise<void> {
    return setStreamMetadata(this.#database, stream, metadata, client)
  }

  /** Lets the stream take no more events; it can still be read. Throws STREAM_MISSING, STREAM_TOMBSTONED. */
  archive(stream: string, { client }: Within = {}): Promise<void> {
    return this.#life.archive(stream, true, client)
  }

  /** Lets an archived stream take events again. Throws STREAM_MISSING, STREAM_TOMBSTONED. */
  unarchive(stream: string, { client }: Within = {}): Promise<void> {
    return this.#life.archive(stream, false, client)
  }

  /** Removes the events below a version for good, also from `readAll` and rebuilds. Throws STREAM_MISSING, STREAM_TOMBSTONED. */
  truncateBefore(stream: string, version: number, { client }: Within = {}): Promise<void> {
    return this.#life.truncateBefore(stream, version, client)
  }

  /** Removes all events of a stream for good; its name is never used again. Throws VersionConflict, STREAM_MISSING, STREAM_TOMBSTONED. */
  tombstone(
    stream: string,
    { expected = 'any', client }: Within & { readonly expected?: Expected } = {},
  ): Promise<void> {
    return this.#life.tombstone(stream, expected, client)
  }

  /**
   * Deletes the key of a person, whose personal data can then be read nowhere any more: it is `erased` where it is read.
   * False when there is no key. An append under way meanwhile may be stored with its personal data erased.
   */
  erase(subject: string, { client }: Within = {}): Promise<boolean> {
    return this.#reading.subjectKeys.erase(subject, client)
  }

  /** Wraps the keys of all people with the master key in use, for those wrapped with another or none; how many that were. */
  rewrapKeys(): Promise<number> {
    return this.#reading.subjectKeys.rewrap()
  }

  /**
   * Handles all events, then new ones as they come, each once and in order. Processes that subscribe under one name
   * share the work by partitions. Throws INVALID_OPTION, SUBSCRIPTION_CHANGED, READ_ONLY.
   */
  subscribe(definition: SubscriptionDefinition<E>): Promise<Subscription> {
    return this.#subscriptions.subscribe(definition, this.#warn)
  }

  /**
   * Builds the tables of a subscription or an inline projection anew beside the live ones and swaps them, losing and
   * repeating nothing. Appends wait while those of an inline projection are swapped.
   * Throws what `prepare`, a handler or `swap` throws; SUBSCRIPTION_MISSING, SUBSCRIPTION_CHANGED, PARTITION_BUSY.
   */
  rebuild(definition: RebuildDefinition<E>): Promise<void> {
    return this.#subscriptions.rebuild(definition)
  }

  /** How far a subscription is behind. Throws SUBSCRIPTION_MISSING. */
  lag(subscription: string): Promise<Lag> {
    return readLag(this.#database, subscription)
  }

  /** The events that a subscription could not handle, in the order of their positions. */
  failedEvents(subscription: string, page: FailedPage = {}): Promise<readonly FailedEvent[]> {
    return this.#subscriptions.failedEvents.list(subscription, page)
  }

  /** Has failed events tried once more, those before them in their streams first; how many that are. */
  async retryFailed(subscription: string, selection: FailedSelection): Promise<number> {
    const requested = await this.#subscriptions.failedEvents.retry(subscription, selection)
    this.#subscriptions.wake()
    return requested
  }

  /** Drops failed events unhandled; those that wait behind them stay until they are retried. How many there were. */
  discardFailed(subscription: string, selection: FailedSelection): Promise<number> {
    return this.#subscriptions.failedEvents.discard(subscription, selection)
  }

  /** The open transaction that readers and subscriptions wait for the longest; undefined when there is none. */
  stall(): Promise<Stall | undefined> {
    return readStall(this.#database)
  }

  /** Ends subscriptions after the batch under way, and appends after those under way. The pool stays open. */
  async close(): Promise<void> {
    await this.#appender.close()
    await this.#subscriptions.close()
  }
}
