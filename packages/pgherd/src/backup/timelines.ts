import { parseLsn, type Lsn } from './lsn.ts'

/** One row of a history file: WAL of `timeline` counts up to `until`, where the next one branched off. */
export interface TimelineSwitch {
  readonly timeline: number
  readonly until: Lsn
}

/** The ancestors of a timeline, oldest first; empty for one that initdb began. */
export type TimelineHistory = readonly TimelineSwitch[]

/** One stretch of the way WAL is read on the way to a timeline; `until` is undefined on that timeline itself. */
export interface TimelineStretch {
  readonly timeline: number
  readonly from: Lsn
  readonly until: Lsn | undefined
}

/**
 * Reads a timeline history file: rows of timeline, switch point and reason, separated by blanks; `#` starts a
 * comment (PostgreSQL: readTimeLineHistory in access/transam/timeline.c).
 *
 * @throws RangeError when a row is malformed or the rows do not ascend.
 */
export function parseHistory(text: string): TimelineHistory {
  const rows: TimelineSwitch[] = []
  for (const line of text.split('\n')) {
    if (/^\s*(#|$)/.test(line)) continue
    const match = /^\s*(\d+)\s+(\S+)/.exec(line)
    if (!match) throw new RangeError(`"${line}" is no row of a timeline history file`)
    const row = { timeline: Number(match[1]), until: parseLsn(match[2] ?? '') }
    const before = rows.at(-1)
    if (before && (row.timeline <= before.timeline || row.until < before.until)) {
      throw new RangeError(`timeline ${row.timeline} does not follow ${before.timeline} in the history file`)
    }
    rows.push(row)
  }
  return rows
}

/**
 * The history file of an ancestor, cut out of the one of a later timeline, which begins with the same rows. A member
 * that was cloned later has no history files of its ancestors.
 */
export function historyOfAncestor(text: string, ancestor: number): string {
  const rows = text.split('\n').filter((line) => Number.parseInt(line.trim(), 10) < ancestor)
  return rows.map((row) => `${row}\n`).join('')
}

/** Whether two histories tell of the same way; reasons may differ. */
export function sameHistory(one: TimelineHistory, other: TimelineHistory): boolean {
  return (
    one.length === other.length &&
    one.every(({ timeline, until }, index) => {
      const row = other[index]
      return row?.timeline === timeline && row.until === until
    })
  )
}

/**
 * The timelines through which recovery reads on its way to `timeline`, oldest first. A timeline without a known
 * history is taken to have begun by itself.
 */
export function wayTo(
  timeline: number,
  histories: ReadonlyMap<number, TimelineHistory>,
): readonly TimelineStretch[] {
  const stretches: TimelineStretch[] = []
  let from = 0n
  for (const row of histories.get(timeline) ?? []) {
    stretches.push({ timeline: row.timeline, from, until: row.until })
    from = row.until
  }
  return [...stretches, { timeline, from, until: undefined }]
}

/**
 * The timeline whose file is read for segment `number` on this way. PostgreSQL takes the newest timeline that
 * begins in or before the segment: the new timeline's first segment holds a copy of what the old one had in it
 * (XLogFileReadAnyTLI in access/transam/xlogrecovery.c).
 */
export function timelineOfSegment(
  way: readonly TimelineStretch[],
  number: bigint,
  segmentBytes: number,
): number {
  const newest = way.findLast((stretch) => stretch.from / BigInt(segmentBytes) <= number)
  return (newest ?? way[0] ?? { timeline: 1 }).timeline
}
