export {
  BitemporalStore,
  type BitemporalStoreOptions,
  type ChangeOptions,
  type SupersedeOptions,
  type Within,
} from './bitemporal-store.ts'
export type { ChangeResult } from './change/change-result.ts'
export type { FactShape, PredicateOf } from './fact.ts'
export { install, type InstallOptions } from './schema/install.ts'
export type { Instant, TimeLike } from './time/instant.ts'
export type { Period, PeriodLike } from './time/period.ts'
export { errorCodes, type ErrorCode } from './errors/error-codes.ts'
export { BitemporalError, isBitemporalError } from './errors/bitemporal-error.ts'
export { VersionConflict } from './errors/version-conflict.ts'
