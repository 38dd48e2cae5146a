import { archiveRuns, isOnWay, knownWays, reachFrom } from './archive-runs.ts'
import type { BackupRecord, RestorableWindow } from './catalogue.ts'
import { formatLsn, parseLsn, type Lsn } from './lsn.ts'
import type { WalInventory } from './repository.ts'
import type { TimelineHistory, TimelineStretch } from './timelines.ts'
import { formatSegment } from './wal-names.ts'

/** What the repository holds, as far as restoring is concerned. */
export interface Archived {
  readonly backups: readonly BackupRecord[]
  readonly wal: WalInventory
  /** Parsed history files by timeline; timeline 1 has none. */
  readonly histories: ReadonlyMap<number, TimelineHistory>
  /** Backups that are known to be damaged: nothing can be restored from them. */
  readonly damaged?: ReadonlySet<string>
}

/** The backups that something can be restored from, as far as is known. Pure. */
export function soundBackups({
  backups,
  damaged,
}: Pick<Archived, 'backups' | 'damaged'>): readonly BackupRecord[] {
  return damaged ? backups.filter(({ id }) => !damaged.has(id)) : backups
}

/** WAL segments that are missing although newer WAL of the same way is there. */
export interface WalGap {
  readonly timeline: number
  readonly missing: readonly string[]
  /** Backups that cannot be rolled forward past the gap. */
  readonly affects: readonly string[]
}

/** A moment of which it is known how far WAL had been written by then. */
interface KnownMoment {
  readonly timeline: number
  readonly lsn: Lsn
  readonly at: string
}

/**
 * From where to where the database can be put back: one window per backup and timeline it leads to, by backup
 * (oldest first), then by timeline. A backup whose own WAL is incomplete has none, and neither has a damaged one.
 *
 * A window begins where the backup becomes consistent (its stop position) and ends at the first missing segment
 * or at the newest archived position. `toTime` is the latest moment that is certain to be inside: after a gap
 * that is the newest moment of which the WAL position is known.
 */
export function restorableWindows(archived: Archived): RestorableWindow[] {
  const { backups, wal, histories } = archived
  const ways = knownWays(
    wal,
    histories,
    backups.map((backup) => backup.timeline),
  )
  const moments = knownMoments(backups, wal)
  return inOrder(soundBackups(archived)).flatMap((backup) => {
    const archive = archiveRuns(wal, backup.walSegmentBytes)
    const stop = parseLsn(backup.stopLsn)
    return ways.flatMap((way) => {
      if (!isOnWay(way, backup.timeline, stop)) return []
      const { end } = reachFrom(parseLsn(backup.startLsn), way, archive)
      const goal = way.at(-1)
      if (!goal || end < stop || end < goal.from) return []
      const toTime = lastCertain(moments, way, end, backup.stoppedAt)
      const window = {
        backup: backup.id,
        timeline: goal.timeline,
        fromLsn: backup.stopLsn,
        fromTime: backup.stoppedAt,
      }
      return [{ ...window, toLsn: formatLsn(end), toTime }]
    })
  })
}

/** Missing segments by timeline, each with the backups that cannot get past them. */
export function walGaps({ backups, wal, histories }: Archived): WalGap[] {
  const ways = knownWays(
    wal,
    histories,
    backups.map((backup) => backup.timeline),
  )
  const gaps = new Map<number, { missing: Set<string>; affects: Set<string> }>()
  for (const backup of inOrder(backups)) {
    const archive = archiveRuns(wal, backup.walSegmentBytes)
    for (const way of ways.filter((each) => isOnWay(each, backup.timeline, parseLsn(backup.stopLsn)))) {
      for (const segment of reachFrom(parseLsn(backup.startLsn), way, archive).missing) {
        const gap = gaps.get(segment.timeline) ?? { missing: new Set(), affects: new Set() }
        gap.missing.add(formatSegment(segment, backup.walSegmentBytes))
        gap.affects.add(backup.id)
        gaps.set(segment.timeline, gap)
      }
    }
  }
  return [...gaps]
    .sort(([a], [b]) => a - b)
    .map(([timeline, { missing, affects }]) => ({
      timeline,
      missing: [...missing].sort(),
      affects: [...affects],
    }))
}

/**
 * The position of the archive covers its time fully. A backup's start time is covered by its stop position,
 * since WAL written until then lies before it.
 */
function knownMoments(backups: readonly BackupRecord[], { position }: WalInventory): KnownMoment[] {
  const moments = backups
    // what a standby had replayed says nothing about what its primary had written
    .filter(({ standby }) => standby !== true)
    .map(({ timeline, stopLsn, startedAt }) => ({ timeline, lsn: parseLsn(stopLsn), at: startedAt }))
  if (position) moments.push({ timeline: position.timeline, lsn: parseLsn(position.lsn), at: position.at })
  return moments
}

function lastCertain(
  moments: readonly KnownMoment[],
  way: readonly TimelineStretch[],
  end: Lsn,
  atLeast: string,
): string {
  return moments
    .filter((moment) => moment.lsn <= end && isOnWay(way, moment.timeline, moment.lsn))
    .reduce((latest, { at }) => (Date.parse(at) > Date.parse(latest) ? at : latest), atLeast)
}

/** Identifiers are start times, so that they sort by age. */
export function inOrder<T extends { readonly id: string }>(backups: readonly T[]): T[] {
  return backups.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}
