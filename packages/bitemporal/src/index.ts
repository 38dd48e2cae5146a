export {
  BitemporalStore,
  type BitemporalStoreOptions,
  type ChangeOptions,
  type SupersedeOptions,
  type Within,
} from './bitemporal-store.ts'
export type { ChangeResult } from './change/change-result.ts'
export type { Expectation } from './change/prepare-change.ts'
export type { Fact, FactShape, PredicateOf, RecordedFact } from './fact.ts'
export type { AsOf } from './read/as-of.ts'
export type { Paged } from './read/page-size.ts'
export type { Change, ChangesOptions } from './read/read-changes.ts'
export type { VersionedFact } from './read/read-fact.ts'
export type { Span, TimelineOptions } from './read/read-timeline.ts'
export type { Joined, JoinOptions } from './join/join-facts.ts'
export type { NewFact } from './load/load-facts.ts'
export type { CalendarUnit } from './partition/calendar.ts'
export type { StorageKind } from './partition/history-storage.ts'
export type { HistoryPartition, HistoryPartitions, PartitionPlan } from './partition/history-partitions.ts'
export type { Reference } from './reference/reference.ts'
export type { ReferenceOptions, References, ReferenceTarget } from './reference/references.ts'
export type {
  BaseType,
  ColumnInput,
  Columns,
  ColumnType,
  ColumnValue,
  RowInput,
  RowOf,
} from './table/column-type.ts'
export type { CreateOptions } from './table/create-table.ts'
export type { TableJoinOptions } from './table/table-join.ts'
export { TypedTable, type NewRow, type TypedTableOptions } from './table/typed-table.ts'
export { exportFacts, type ExportOptions } from './text/export-facts.ts'
export { importFacts, type ImportOptions } from './text/import-facts.ts'
export {
  entityPredicate,
  readEntityPredicate,
  type EntityPredicate,
  type Parties,
} from './entity/entity-predicate.ts'
export { Entities, type EntityDefinition, type EntityModel, type Scalar } from './entity/entities.ts'
export {
  describeEntity,
  relationshipsOf,
  type EntityDescription,
  type Relationship,
} from './entity/describe-entity.ts'
export { guardOverlap } from './schema/guard-overlap.ts'
export { install, type InstallOptions } from './schema/install.ts'
export type { Instant, TimeLike } from './time/instant.ts'
export type { Period, PeriodLike } from './time/period.ts'
export { errorCodes, type ErrorCode } from './errors/error-codes.ts'
export { BitemporalError, isBitemporalError } from './errors/bitemporal-error.ts'
export { VersionConflict } from './errors/version-conflict.ts'
export { UncoveredReference } from './errors/uncovered-reference.ts'
