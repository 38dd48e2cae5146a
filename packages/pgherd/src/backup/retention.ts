import { isOnWay } from './archive-runs.ts'
import type { BackupRecord, ProofRecord, RestorableWindow } from './catalogue.ts'
import { parseLsn } from './lsn.ts'
import { wayTo } from './timelines.ts'
import { unneededWal } from './wal-retention.ts'
import { inOrder, type Archived } from './window.ts'

export interface RetentionInput extends Archived {
  readonly proofs: readonly ProofRecord[]
  readonly windows: readonly RestorableWindow[]
  /** `full`: proven backups kept at least; `window`: seconds back from now to which one can always restore. */
  readonly retention: { readonly full: number; readonly window: number }
  readonly now: Date
}

export interface RetentionDecision {
  /** Identifiers, oldest first. */
  readonly removeBackups: readonly string[]
  /** Names for Repository.remove, `wal/<timeline>/<segment>`, oldest first. History files are kept for good. */
  readonly removeWal: readonly string[]
  /** Why each of the other backups stays. */
  readonly keepBecause: ReadonlyMap<string, string>
}

/**
 * Decides what may go. Pure. A backup counts as proven by its latest proof; only a proven backup can make an older
 * one superfluous, so that nothing is removed that has no newer proven one. The newest backup, the newest proven
 * one, the newest `full` proven ones and everything inside the promised window stay, and so does what reaches the
 * start of that window until a newer proven backup certainly does.
 */
export function decideRetention(input: RetentionInput): RetentionDecision {
  const backups = inOrder(input.backups)
  const standing = standings(input.proofs)
  const proven = backups.filter((backup) => standing.get(backup.id) === true)
  const keepBecause = new Map<string, string>()
  for (const backup of backups) {
    const reason = reasonToKeep(backup, input, proven, backup === backups.at(-1), standing.get(backup.id))
    if (reason !== undefined) keepBecause.set(backup.id, reason)
  }
  const kept = backups.filter((backup) => keepBecause.has(backup.id))
  return {
    removeBackups: backups.filter((backup) => !keepBecause.has(backup.id)).map((backup) => backup.id),
    removeWal: unneededWal(kept, input),
    keepBecause,
  }
}

/**
 * Whether the latest proof of each backup succeeded; backups without a proof are absent. One that could not check
 * everything changes nothing: it makes no other backup superfluous, and takes back no earlier proof.
 */
function standings(proofs: readonly ProofRecord[]): Map<string, boolean> {
  const byAge = proofs.toSorted((a, b) => Date.parse(a.provenAt) - Date.parse(b.provenAt))
  return new Map(
    byAge.flatMap(({ backup, verdict }) =>
      verdict === 'restorable' ? [] : [[backup, verdict === 'proven']],
    ),
  )
}

function reasonToKeep(
  backup: BackupRecord,
  input: RetentionInput,
  proven: readonly BackupRecord[],
  isNewest: boolean,
  standing: boolean | undefined,
): string | undefined {
  const { retention, now } = input
  const newerProven = proven.filter((each) => each.id > backup.id)
  if (isNewest) return 'it is the newest backup'
  if (newerProven.length === 0)
    return standing === true ? 'it is the newest proven backup' : 'no newer backup is proven'
  if (standing === false) return undefined
  if (standing === true && newerProven.length < retention.full)
    return `it is one of the newest ${retention.full} proven backups`
  const windowStart = now.getTime() - retention.window * 1000
  if (Date.parse(backup.stoppedAt) > windowStart) return 'it lies inside the promised window'
  return reachesAlone(backup, windowStart, newerProven, input)
    ? 'it reaches the start of the promised window'
    : undefined
}

/** Whether some timeline may be reachable at the start of the promised window from this backup and from no newer proven one. */
function reachesAlone(
  backup: BackupRecord,
  windowStart: number,
  newerProven: readonly BackupRecord[],
  input: RetentionInput,
): boolean {
  const newer = new Set(newerProven.map((each) => each.id))
  return input.windows
    .filter((window) => window.backup === backup.id && !endedBefore(window, windowStart, input))
    .some(
      (window) =>
        !input.windows.some(
          (other) => newer.has(other.backup) && covers(other, window.timeline, windowStart),
        ),
    )
}

function covers({ timeline, fromTime, toTime }: RestorableWindow, wanted: number, time: number): boolean {
  return timeline === wanted && Date.parse(fromTime) <= time && time <= Date.parse(toTime)
}

/**
 * Whether a window certainly ended before `time`: by an earlier moment WAL was already past its end, or a later
 * timeline had begun. `toTime` does not tell, since it is only the last moment that is certainly inside.
 */
function endedBefore(
  { timeline, toLsn }: RestorableWindow,
  time: number,
  { backups, wal, histories }: Archived,
): boolean {
  const way = wayTo(timeline, histories)
  const moments = backups.map((each) => ({ timeline: each.timeline, lsn: each.stopLsn, at: each.stoppedAt }))
  if (wal.position) moments.push(wal.position)
  return moments.some((moment) => {
    if (Date.parse(moment.at) >= time) return false
    if (moment.timeline > timeline) return true
    return isOnWay(way, moment.timeline, parseLsn(moment.lsn)) && parseLsn(moment.lsn) >= parseLsn(toLsn)
  })
}
