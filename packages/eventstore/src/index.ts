export { EventStore, type Within } from './event-store.ts'
export type { EventStoreOptions } from './event-store-options.ts'
export type { EventMetadata, EventOf, EventShape, NewEvent, Recorded } from './event.ts'
export type { EventSchema, Schemas, Upcast } from './event-schemas.ts'
export { install, type InstallOptions } from './schema/install.ts'
export { newEventId } from './event-id.ts'
export type { AppendOptions, BatchAppend, BatchOptions } from './append/appender.ts'
export type { AppendResult, BatchResult } from './append/append-result.ts'
export type { Expected } from './append/expected.ts'
export type { GroupCommitOptions } from './append/group-commit.ts'
export type { ReadOptions } from './read/read-stream.ts'
export type { ReadAllOptions } from './read/read-all.ts'
export type { Stall } from './read/horizon.ts'
export type { StreamInfo } from './stream/stream-info.ts'
export type { Aggregate, AggregateDefinition } from './aggregate/aggregate.ts'
export { evolveBy, type Decider, type Evolution, type Evolvers, type Happened } from './aggregate/decider.ts'
export type { Handled, HandleOptions } from './aggregate/handle-command.ts'
export type { SnapshotPolicy } from './aggregate/snapshots.ts'
export { errorCodes, type ErrorCode } from './errors/error-codes.ts'
export { EventStoreError, isEventStoreError } from './errors/event-store-error.ts'
export { VersionConflict } from './errors/version-conflict.ts'
export { OutcomeUnknown } from './append/unknown-outcome.ts'
export type {
  BatchHandler,
  HandlerContext,
  Handlers,
  OnFailure,
  SubscriptionDefinition,
} from './subscription/definition.ts'
export type { RetryPolicy } from './subscription/retry-policy.ts'
export type { FailedEvent, FailedPage, FailedSelection } from './subscription/failed-events.ts'
export type { Lag, PartitionLag } from './subscription/lag.ts'
export type { RebuildDefinition } from './subscription/rebuild.ts'
export type { Subscription } from './subscription/subscriptions.ts'
