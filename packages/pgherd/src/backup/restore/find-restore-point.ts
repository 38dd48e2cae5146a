import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { TimelineStretch } from '../timelines.ts'
import { segmentNumber, segmentStart } from '../wal-names.ts'
import type { Lsn } from '../lsn.ts'
import type { ArchiveView } from './archive-view.ts'
import { restorePoints, type RestorePoint } from './wal-records.ts'

/** Names shown to somebody who has mistyped one. */
const mostNames = 10

/**
 * Looks for a restore point on the way to a timeline, newest WAL first, and gives the newest of that name. PostgreSQL
 * itself would stop at the first one behind whichever backup it starts from, so which one it is depends on the backup;
 * knowing the position, the right backup can be chosen and any point be reached.
 * Throws DiagnosticError RESTORE_POINT_UNKNOWN with the names there are.
 */
export async function findRestorePoint(
  name: string,
  view: ArchiveView,
  way: readonly TimelineStretch[],
  /** Start of the oldest backup, and the end of the archive. */
  bounds: { readonly from: Lsn; readonly to: Lsn },
  report: (message: string, share?: number) => void,
  signal: AbortSignal,
): Promise<RestorePoint> {
  const seen: string[] = []
  const oldest = segmentNumber(bounds.from, view.segmentBytes)
  const newest = segmentNumber(bounds.to, view.segmentBytes)
  let next: Buffer | undefined
  for (let number = newest; number >= oldest; number--) {
    signal.throwIfAborted()
    report('looking for the restore point', Number(newest - number) / Number(newest - oldest + 1n))
    const file = view.fileOf(way, number)
    const segment = file === undefined ? undefined : await view.read(file)
    const points = segment ? restorePoints(segment, segmentStart(number, view.segmentBytes), next) : []
    const found = points.findLast((point) => point.name === name)
    if (found) return found
    seen.push(...points.map((point) => point.name).reverse())
    next = segment
  }
  const there = [...new Set(seen)].slice(0, mostNames).map((each) => JSON.stringify(each))
  throw new DiagnosticError(
    diagnose('RESTORE_POINT_UNKNOWN', {
      detail: `the archive has no restore point ${JSON.stringify(name)}; it has ${there.length > 0 ? there.join(', ') : 'none'}`,
      mend: mend.advice('name one of those, or restore to a time'),
    }),
  )
}
