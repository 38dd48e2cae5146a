import { diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import { formatLsn, parseLsn, type Lsn } from '../lsn.ts'
import type { Repository } from '../repository.ts'
import { segmentOf } from '../wal-names.ts'

/** A stretch of WAL that the server removed before it was archived. Only a new base backup bridges it. */
export interface WalGap {
  readonly timeline: number
  readonly from: Lsn
  /** Where the archive goes on. */
  readonly to: Lsn
  /** Names of the missing segments, the first hundred of them. */
  readonly segments: readonly string[]
}

export function gapBetween(timeline: number, from: Lsn, to: Lsn, segmentBytes: number): WalGap {
  const segments: string[] = []
  for (let lsn = from; lsn < to && segments.length < 100; lsn += BigInt(segmentBytes)) {
    segments.push(segmentOf(timeline, lsn, segmentBytes))
  }
  return { timeline, from, to, segments }
}

export function describeGap(gap: WalGap): Diagnostic {
  const [first = '?'] = gap.segments
  const last = gap.segments.at(-1) ?? first
  const named =
    gap.segments.length > 1 ? `${gap.segments.length} segments from ${first} to ${last}` : `segment ${first}`
  return diagnose('WAL_GAP', {
    detail: `the server no longer has WAL that was never archived: ${named} (${formatLsn(gap.from)} to ${formatLsn(gap.to)}). Backups taken before cannot be restored to any moment after ${formatLsn(gap.from)}`,
    mend: mend.run('pgherd', 'backup'),
  })
}

/** True once a base backup that begins after the gap is in the repository. */
export async function isBridged(gap: WalGap, repository: Repository): Promise<boolean> {
  const backups = await repository.backups()
  return backups.some((backup) => backup.timeline >= gap.timeline && parseLsn(backup.startLsn) >= gap.to)
}
