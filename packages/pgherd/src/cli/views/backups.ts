import type { BackupRecord, ProofRecord, RestorableWindow } from '../../backup/catalogue.ts'
import type { WalGap } from '../../backup/window.ts'
import type { Output } from '../output.ts'
import { bytesText, secondsText } from './quantities.ts'
import { table } from './table.ts'
import { timeText } from './times.ts'
import { hanging } from './wrap.ts'

export interface Inventory {
  /** Oldest first. */
  readonly backups: readonly BackupRecord[]
  readonly proofs: readonly ProofRecord[]
  readonly windows: readonly RestorableWindow[]
  readonly gaps: readonly WalGap[]
}

/** What is in the repository, which of it is proven, and to when the database can be brought back. */
export function showBackups({ backups, proofs, windows, gaps }: Inventory, output: Output): void {
  const { paint, width } = output
  if (backups.length === 0) output.line('There is no backup yet: pgherd backup')
  else {
    const rows = backups.map((backup) => [
      backup.id,
      bytesText(backup.bytes).padStart(7),
      `${bytesText(backup.storedBytes)} stored`.padStart(14),
      `in ${secondsText(backup.seconds)}`,
      provenText(proofs.filter((each) => each.backup === backup.id).at(-1), output),
    ])
    output.line(table(rows, '', width))
  }
  for (const { timeline, fromTime, toTime } of byTimeline(windows)) {
    output.line(
      hanging(
        '',
        `Restorable to any time from ${timeText(fromTime)} to ${timeText(toTime)}, timeline ${timeline}`,
        width,
      ),
    )
  }
  for (const gap of gaps)
    output.line(
      hanging('', paint.red(`WAL is missing on timeline ${gap.timeline}: ${gap.missing.join(', ')}`), width),
    )
}

function provenText(proof: ProofRecord | undefined, { paint }: Output): string {
  if (!proof) return paint.dim('not proven')
  const at = timeText(proof.provenAt)
  if (proof.verdict === 'proven') return paint.green(`proven ${at}`)
  if (proof.verdict === 'failed') return paint.red(`FAILED its proof ${at}`)
  return paint.yellow(`restorable, not proven ${at}`)
}

/** Windows that touch or overlap are one for who wants to go back; on each timeline they begin with a backup. */
function byTimeline(
  windows: readonly RestorableWindow[],
): readonly Pick<RestorableWindow, 'timeline' | 'fromTime' | 'toTime'>[] {
  const merged: { timeline: number; fromTime: string; toTime: string }[] = []
  const sorted = windows.toSorted(
    (a, b) => a.timeline - b.timeline || Date.parse(a.fromTime) - Date.parse(b.fromTime),
  )
  for (const { timeline, fromTime, toTime } of sorted) {
    const last = merged.at(-1)
    if (last?.timeline === timeline && Date.parse(fromTime) <= Date.parse(last.toTime)) {
      if (Date.parse(toTime) > Date.parse(last.toTime)) last.toTime = toTime
    } else merged.push({ timeline, fromTime, toTime })
  }
  return merged
}
