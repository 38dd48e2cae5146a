import type { WriteRecord } from './history.ts'

/** What may be lost with a primary: WAL up to so many bytes, and before that what was written in its last seconds. */
export interface LossBound {
  readonly walBytes: number
  readonly seconds: number
}

/**
 * Which of the lost writes no bound allows: they were acknowledged earlier than `seconds` before the last one of their
 * timeline, and further back in its WAL than `walBytes` before that. Pure.
 */
export function lossBeyond(
  writes: readonly WriteRecord[],
  lost: readonly string[],
  { walBytes, seconds }: LossBound,
): readonly string[] {
  const timelines = Map.groupBy(
    writes.filter(({ outcome }) => outcome === 'acknowledged'),
    ({ timeline }) => timeline,
  )
  const gone = new Set(lost)
  return [...timelines].flatMap(([timeline, all]) => {
    const end = Math.max(...all.map(({ ended }) => ended ?? 0))
    const recent = all.filter(({ ended }) => end - (ended ?? 0) <= seconds)
    // without a position nobody can say how far back a write is
    const from = Math.min(...recent.map(({ lsn }) => lsn ?? 0)) - walBytes
    return all
      .filter(({ id }) => gone.has(id))
      .filter((write) => timeline === undefined || (!recent.includes(write) && (write.lsn ?? -1) < from))
      .map(({ id }) => id)
  })
}
