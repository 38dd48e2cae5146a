/** A stretch without a single success, in seconds of the monotonic clock of the history. */
export interface Gap {
  readonly from: number
  readonly to: number
  readonly seconds: number
}

/**
 * The longest stretch without a success that ends after `fault`. It begins at the last success before the fault, since
 * that is what a client sees; a run that ends in the stretch counts up to `end`. Pure.
 *
 * @param moments when successes were seen, in any order
 */
export function longestGap(moments: readonly number[], fault: number, end: number): Gap {
  const seen = moments.filter((moment) => moment <= end).toSorted((a, b) => a - b)
  let from = Math.min(seen.findLast((moment) => moment <= fault) ?? fault, end)
  let longest: Gap = { from, to: from, seconds: 0 }
  for (const to of [...seen.filter((moment) => moment > fault), end]) {
    if (to - from > longest.seconds) longest = { from, to, seconds: to - from }
    from = to
  }
  return longest
}
