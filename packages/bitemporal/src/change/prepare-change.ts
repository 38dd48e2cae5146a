import { BitemporalError } from '../errors/bitemporal-error.ts'
import { toPeriod, type PeriodLike } from '../time/period.ts'
import { toInstant, forever, type TimeLike } from '../time/instant.ts'
import { jsonText } from './json-text.ts'
import { checkKey } from './key.ts'

/** As the function `change` knows them: assert, record, correct, supersede, retract. */
export type ChangeMode = 'a' | 'r' | 'c' | 's' | 'd'

/** A change that can be stored as it is. */
export interface PreparedChange {
  readonly subject: string
  readonly predicate: string
  readonly mode: ChangeMode
  readonly from: string
  readonly to: string
  /** JSON; null to retract. */
  readonly value: string | null
  readonly expected: number | null
}

/** What a change may depend on. */
export interface Expectation {
  /** The version that the key has to be at, 0 for one that nothing was ever recorded for; any when left out. */
  readonly expected?: number
}

/** Throws INVALID_KEY, INVALID_VALUE, INVALID_TIME, INVALID_PERIOD, INVALID_OPTION. */
export function prepareChange(
  mode: ChangeMode,
  subject: string,
  predicate: string,
  value: { readonly of: unknown } | undefined,
  { expected, ...period }: PeriodLike & Expectation,
): PreparedChange {
  checkKey(subject, predicate)
  const { from, to } = mode === 's' ? onward(period.from) : toPeriod(period)
  return {
    subject,
    predicate,
    mode,
    from,
    to,
    value: value ? jsonText(value.of, `the value of ${JSON.stringify(predicate)}`) : null,
    expected: checkExpected(expected),
  }
}

/** The end of what is superseded is known to the server only. */
function onward(from: TimeLike): { readonly from: string; readonly to: string } {
  return toPeriod({ from: toInstant(from, '`from`'), to: forever })
}

function checkExpected(expected: number | undefined): number | null {
  if (expected === undefined) return null
  if (Number.isSafeInteger(expected) && expected >= 0) return expected
  throw new BitemporalError('INVALID_OPTION', {
    detail: `\`expected\` is ${String(expected)}, and has to be a whole number from 0 to 2^53 - 1`,
    why: 'no key is ever at such a version',
    mend: 'Pass the version that a read or a change told, or leave it out.',
  })
}
