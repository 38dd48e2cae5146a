import { BitemporalError } from '../errors/bitemporal-error.ts'

export interface Paged {
  /** How many keys are asked for in one round trip; 1000 when left out. */
  readonly pageSize?: number
}

/** Throws INVALID_OPTION. */
export function pageSize({ pageSize: size = 1000 }: Paged): number {
  if (Number.isSafeInteger(size) && size > 0 && size <= 1_000_000) return size
  throw new BitemporalError('INVALID_OPTION', {
    detail: `\`pageSize\` is ${String(size)}, and has to be a whole number from 1 to 1 000 000`,
    why: 'a page has to hold something, and fit into memory',
    mend: 'Pass another number, or leave it out.',
  })
}
