/**
 * How many events to take next, so that the one that fails is found and those around it are handled in bulk. Pure.
 * `culprit` is its index in the batch of `size`, undefined when the handler was given all at once and did not tell.
 */
export function limitAfterFailure(size: number, culprit: number | undefined): number {
  return Math.max(1, culprit ?? Math.floor(size / 2))
}

/** After a batch that went well: back to full size in steps. Pure. */
export function limitAfterSuccess(limit: number, full: number): number {
  return Math.min(full, limit * 2)
}

/** Whether it is certain that the first event is the one that fails. Pure. */
export function isFirst(size: number, culprit: number | undefined): boolean {
  return culprit === 0 || size === 1
}
