import type { BackupRecord } from '../catalogue.ts'
import { formatLsn, parseLsn, type Lsn } from '../lsn.ts'
import { timelineOfSegment, type TimelineStretch } from '../timelines.ts'
import { formatSegment, segmentNumber, segmentNumberBefore } from '../wal-names.ts'
import type { ArchiveView } from './archive-view.ts'
import { walMissing } from './damage.ts'

/** The WAL that leads from a backup to the end of the archive. */
export interface WalRow {
  readonly end: Lsn
  readonly segments: number
}

/**
 * Where the unbroken row of WAL behind a backup ends. Throws DiagnosticError RESTORE_WAL_MISSING, naming the segment,
 * when that is before the backup itself is consistent.
 */
export function walRow(view: ArchiveView, backup: BackupRecord, way: readonly TimelineStretch[]): WalRow {
  const start = parseLsn(backup.startLsn)
  const end = view.endOf(way, start)
  if (end < parseLsn(backup.stopLsn)) throw missingAt(view, way, end)
  const { segmentBytes } = view
  return {
    end,
    segments: Number(segmentNumberBefore(end, segmentBytes) - segmentNumber(start, segmentBytes)) + 1,
  }
}

/**
 * Refuses a row that ends before the newest WAL that is known to have been archived: what is missing was there.
 * Throws DiagnosticError RESTORE_WAL_MISSING.
 */
export function refuseGap(view: ArchiveView, way: readonly TimelineStretch[], end: Lsn): void {
  const { position } = view
  const known = position && position.timeline === way.at(-1)?.timeline ? parseLsn(position.lsn) : end
  if (known > end || view.firstAfter(way, end) !== undefined) throw missingAt(view, way, end)
}

function missingAt(view: ArchiveView, way: readonly TimelineStretch[], end: Lsn): Error {
  const number = segmentNumber(end, view.segmentBytes)
  const timeline = timelineOfSegment(way, number, view.segmentBytes)
  return walMissing(formatSegment({ timeline, number }, view.segmentBytes), formatLsn(end))
}
