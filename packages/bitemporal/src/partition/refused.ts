import { BitemporalError, type Finding } from '../errors/bitemporal-error.ts'

/** What cannot be done to a part of the history. */
export function refused(detail: string, finding: Partial<Finding> = {}): BitemporalError {
  return new BitemporalError('INVALID_OPTION', {
    detail,
    why: 'every part of the history has one place',
    mend: '`partitions.list()` tells which there are.',
    ...finding,
  })
}
