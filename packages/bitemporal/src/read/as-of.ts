import { forever, toInstant, type Instant, type TimeLike } from '../time/instant.ts'

/** Which answer is meant: what held then, as it was known then. */
export interface AsOf {
  /** Now, by the server's clock, when left out. */
  readonly validAt?: TimeLike
  /** As it is known now when left out. */
  readonly recordedAt?: TimeLike
}

/** As parameters; null stands for the server's now. Throws INVALID_TIME. */
export function toAsOf({ validAt, recordedAt }: AsOf): { validAt: Instant | null; recordedAt: Instant } {
  return {
    validAt: validAt === undefined ? null : toInstant(validAt, '`validAt`'),
    recordedAt: toRecordedAt(recordedAt),
  }
}

/**
 * Without end for what is known now: after the clock stepped back that may be recorded later than the clock's now.
 * Throws INVALID_TIME.
 */
export function toRecordedAt(recordedAt: TimeLike | undefined): Instant {
  return recordedAt === undefined ? forever : toInstant(recordedAt, '`recordedAt`')
}
