import { isOnWay } from './archive-runs.ts'
import type { BackupRecord } from './catalogue.ts'
import { parseLsn } from './lsn.ts'
import { wayTo } from './timelines.ts'
import { parseSegment, segmentNumber, timelineName } from './wal-names.ts'
import type { Archived } from './window.ts'

/**
 * Names of finished segments that no kept backup can use, oldest first. A backup uses its own timeline from its
 * start and every timeline that branched off behind it. What cannot be judged stays: the newest timeline, on
 * which a backup may be running, and timelines whose history is not known.
 */
export function unneededWal(
  kept: readonly BackupRecord[],
  { wal, histories }: Omit<Archived, 'backups'>,
): string[] {
  const segmentBytes = kept[0]?.walSegmentBytes
  if (segmentBytes === undefined) return []
  const newest = Math.max(wal.position?.timeline ?? 0, wal.partial?.timeline ?? 0, ...wal.segments.keys())
  return [...wal.segments]
    .sort(([a], [b]) => a - b)
    .flatMap(([timeline, names]) => {
      const users = kept.filter((backup) =>
        isOnWay(wayTo(timeline, histories), backup.timeline, parseLsn(backup.stopLsn)),
      )
      const isUnknown =
        timeline > 1 && !histories.has(timeline) && kept.some((backup) => backup.timeline < timeline)
      if (isUnknown || (users.length === 0 && timeline === newest)) return []
      const from = users.map((backup) =>
        // A timeline that branched off behind the backup is needed from its beginning.
        backup.timeline === timeline ? segmentNumber(parseLsn(backup.startLsn), segmentBytes) : 0n,
      )
      return names
        .toSorted()
        .filter((name) => {
          const number = parseSegment(name, segmentBytes)?.number
          return number !== undefined && from.every((first) => number < first)
        })
        .map((name) => `wal/${timelineName(timeline)}/${name}`)
    })
}
