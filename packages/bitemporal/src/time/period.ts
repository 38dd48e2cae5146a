import { BitemporalError } from '../errors/bitemporal-error.ts'
import { forever, toInstant, type Instant, type TimeLike } from './instant.ts'

/** From a point in time, which belongs to it, up to another, which does not. */
export interface Period {
  readonly from: Instant
  readonly to: Instant
}

export interface PeriodLike {
  /** `-infinity` for always before. */
  readonly from: TimeLike
  /** Without end when left out. */
  readonly to?: TimeLike
}

/** Throws INVALID_TIME, INVALID_PERIOD. */
export function toPeriod({ from, to = forever }: PeriodLike, what = 'the period'): Period {
  const period = { from: toInstant(from, '`from`'), to: toInstant(to, '`to`') }
  if (period.from < period.to) return period
  throw new BitemporalError('INVALID_PERIOD', {
    detail: `${what} begins at ${period.from} and ends at ${period.to}`,
    why: 'it holds at no time, so saying something about it says nothing',
    mend: 'Pass a `from` before `to`; `to` itself is not part of the period.',
  })
}
