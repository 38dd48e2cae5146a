import { parseLsn, type Lsn } from './lsn.ts'
import type { WalInventory } from './repository.ts'
import { timelineOfSegment, wayTo, type TimelineHistory, type TimelineStretch } from './timelines.ts'
import { parseSegment, segmentNumber, segmentNumberBefore, segmentStart } from './wal-names.ts'

/** Consecutive finished segments of one timeline, by number, both ends included. */
interface Run {
  readonly first: bigint
  last: bigint
}

/** The WAL archive as runs without gaps, which makes every question about it cheap. */
export interface ArchiveRuns {
  readonly segmentBytes: number
  readonly runs: ReadonlyMap<number, readonly Run[]>
  readonly partial: { readonly timeline: number; readonly number: bigint } | undefined
  readonly position: { readonly timeline: number; readonly lsn: Lsn } | undefined
}

/** How far recovery gets on one way through the timelines. */
export interface Reach {
  /** End of the WAL that can be replayed. */
  readonly end: Lsn
  /** Segments that are missing although newer WAL is known on this way; `end` lies at the first of them. */
  readonly missing: readonly { readonly timeline: number; readonly number: bigint }[]
}

/** Sorts the finished segments of an inventory into runs. */
export function archiveRuns(wal: WalInventory, segmentBytes: number): ArchiveRuns {
  const runs = new Map<number, Run[]>()
  for (const [timeline, names] of wal.segments) {
    const numbers = names
      .map((name) => parseSegment(name, segmentBytes)?.number)
      .filter((each) => each !== undefined)
    const ofTimeline: Run[] = []
    for (const number of numbers.sort((a, b) => (a < b ? -1 : 1))) {
      const current = ofTimeline.at(-1)
      if (current && number <= current.last + 1n) current.last = number
      else ofTimeline.push({ first: number, last: number })
    }
    runs.set(timeline, ofTimeline)
  }
  const partial = wal.partial && parseSegment(wal.partial.segment, segmentBytes)
  const position = wal.position && { timeline: wal.position.timeline, lsn: parseLsn(wal.position.lsn) }
  return { segmentBytes, runs, partial, position }
}

/** Every way on which WAL can be read: one per known timeline. */
export function knownWays(
  wal: WalInventory,
  histories: ReadonlyMap<number, TimelineHistory>,
  others: readonly number[],
): readonly (readonly TimelineStretch[])[] {
  const timelines = new Set([...wal.segments.keys(), ...wal.histories, ...others])
  if (wal.partial) timelines.add(wal.partial.timeline)
  if (wal.position) timelines.add(wal.position.timeline)
  return [...timelines].sort((a, b) => a - b).map((timeline) => wayTo(timeline, histories))
}

/** Whether WAL of `timeline` up to `lsn` lies on the way. */
export function isOnWay(way: readonly TimelineStretch[], timeline: number, lsn: Lsn): boolean {
  const stretch = way.find((each) => each.timeline === timeline)
  return stretch !== undefined && (stretch.until === undefined || lsn <= stretch.until)
}

/** Follows the way from `start`, segment by segment, as recovery would. */
export function reachFrom(start: Lsn, way: readonly TimelineStretch[], archive: ArchiveRuns): Reach {
  const { segmentBytes, partial, position } = archive
  const newest = newestOnWay(way, archive)
  const missing: { timeline: number; number: bigint }[] = []
  let end: Lsn | undefined
  let number = segmentNumber(start, segmentBytes)
  for (;;) {
    const timeline = timelineOfSegment(way, number, segmentBytes)
    const run = archive.runs.get(timeline)?.find((each) => each.first <= number && number <= each.last)
    if (run) {
      number = lastOnTimeline(way, timeline, number, run.last, segmentBytes) + 1n
      continue
    }
    const from = segmentStart(number, segmentBytes)
    if (newest === undefined || number > newest) return { end: end ?? from, missing }
    if (number === newest && partial?.timeline === timeline && partial.number === number) {
      const within =
        position?.timeline === timeline && segmentNumberBefore(position.lsn, segmentBytes) === number
      return { end: end ?? (within ? position.lsn : from), missing }
    }
    end ??= from
    missing.push({ timeline, number })
    number += 1n
  }
}

/** The newest segment known to have been written on the way; undefined when there is no WAL at all. */
function newestOnWay(
  way: readonly TimelineStretch[],
  { segmentBytes, runs, partial, position }: ArchiveRuns,
): bigint | undefined {
  const candidates: bigint[] = []
  for (const { timeline } of way) {
    for (const { first, last } of runs.get(timeline) ?? []) {
      if (timelineOfSegment(way, first, segmentBytes) !== timeline) continue
      candidates.push(lastOnTimeline(way, timeline, first, last, segmentBytes))
    }
  }
  if (partial && timelineOfSegment(way, partial.number, segmentBytes) === partial.timeline)
    candidates.push(partial.number)
  if (position && isOnWay(way, position.timeline, position.lsn)) {
    const number = segmentNumberBefore(position.lsn, segmentBytes)
    // at a branch just made, the segment is read from the new timeline, of which nothing may have come yet
    if (timelineOfSegment(way, number, segmentBytes) === position.timeline) candidates.push(number)
  }
  return candidates.reduce<bigint | undefined>(
    (max, each) => (max === undefined || each > max ? each : max),
    undefined,
  )
}

/** The last segment up to `last` that is read from this timeline, given that `number` is. */
function lastOnTimeline(
  way: readonly TimelineStretch[],
  timeline: number,
  number: bigint,
  last: bigint,
  segmentBytes: number,
): bigint {
  const next = way[way.findIndex((each) => each.timeline === timeline) + 1]
  if (!next) return last
  const beforeNext = segmentNumber(next.from, segmentBytes) - 1n
  return last < beforeNext ? last : beforeNext < number ? number : beforeNext
}
