import { EventStoreError } from '../errors/event-store-error.ts'

/** The number, undefined when left out. Throws INVALID_OPTION when it is no whole number from `least` to 2^53 - 1. */
export function wholeNumber(name: string, value: number | undefined, least: number): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return value
  throw new EventStoreError('INVALID_OPTION', {
    detail: `\`${name}\` is ${String(value)}, and has to be a whole number from ${least} to 2^53 - 1`,
    why: 'beyond that numbers lose their last digits',
    mend: `Pass another number, or leave \`${name}\` out.`,
  })
}
