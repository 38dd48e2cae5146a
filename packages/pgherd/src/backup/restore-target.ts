import { diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { BackupRecord, RestorableWindow } from './catalogue.ts'
import { formatLsn, parseLsn, type Lsn } from './lsn.ts'
import { restorableWindows, walGaps, type Archived } from './window.ts'

/** Where to restore to. Without `timeline`: the newest one that can be reached. */
export type RestoreTarget =
  | { readonly kind: 'latest'; readonly timeline?: number }
  | { readonly kind: 'time'; readonly at: Date; readonly timeline?: number }
  | { readonly kind: 'lsn'; readonly lsn: Lsn; readonly timeline?: number }

export type Restorable =
  | {
      readonly ok: true
      readonly backup: BackupRecord
      readonly window: RestorableWindow
      /** The same target on other timelines, the newest backup of each: what an earlier restore left behind. */
      readonly alternatives: readonly RestorableWindow[]
      /** Missing WAL that ends this window before the newest archived position. */
      readonly warnings: readonly Diagnostic[]
    }
  | { readonly ok: false; readonly refused: Diagnostic }

/** Picks the newest backup from which the target can be reached, or says with the windows why none can. Pure. */
export function canRestoreTo(target: RestoreTarget, archived: Archived): Restorable {
  const windows = restorableWindows(archived)
  if (windows.length === 0) return { ok: false, refused: nothingRestorable(archived) }
  const timeline = target.timeline ?? Math.max(...windows.map((window) => window.timeline))
  const holding = windows.filter((window) => holds(window, target, windows))
  const window = holding.findLast((each) => each.timeline === timeline)
  const backup = archived.backups.find((each) => each.id === window?.backup)
  if (!window || !backup)
    return { ok: false, refused: unreachable(target, timeline, windows, holding, archived) }
  const others = new Map(
    holding.filter((each) => each.timeline !== timeline).map((each) => [each.timeline, each]),
  )
  return {
    ok: true,
    backup,
    window,
    alternatives: [...others.values()],
    warnings: gapBehind(window, archived),
  }
}

/** Findings for all missing segments, one per timeline, each naming segments and backups. */
export function gapFindings(archived: Archived): Diagnostic[] {
  return walGaps(archived).map(({ timeline, missing, affects }) =>
    diagnose('BACKUP_WAL_GAP', {
      detail: `timeline ${timeline} lacks ${named(missing)}. The backups ${affects.join(', ')} can be restored up to there and not further`,
      mend: mend.run('pgherd', 'backup'),
    }),
  )
}

function holds(
  window: RestorableWindow,
  target: RestoreTarget,
  windows: readonly RestorableWindow[],
): boolean {
  switch (target.kind) {
    case 'time': {
      const time = target.at.getTime()
      return millisecondsUp(window.fromTime) <= time && time <= Date.parse(window.toTime)
    }
    case 'lsn':
      return parseLsn(window.fromLsn) <= target.lsn && target.lsn <= parseLsn(window.toLsn)
    case 'latest':
      return windows.every(
        (each) => each.timeline !== window.timeline || parseLsn(each.toLsn) <= parseLsn(window.toLsn),
      )
  }
}

/** PostgreSQL's times have microseconds; a target of full milliseconds must not lie before the moment itself. */
function millisecondsUp(time: string): number {
  return Date.parse(time) + (/\.\d{3}\d*[1-9]/.test(time) ? 1 : 0)
}

function gapBehind(window: RestorableWindow, archived: Archived): Diagnostic[] {
  const onWay = walGaps(archived).filter((gap) => gap.affects.includes(window.backup))
  return onWay.length === 0
    ? []
    : gapFindings({ ...archived, backups: archived.backups.filter((each) => each.id === window.backup) })
}

function nothingRestorable(archived: Archived): Diagnostic {
  const gaps = walGaps(archived)
  const damaged = archived.backups.filter(({ id }) => archived.damaged?.has(id))
  const why =
    archived.backups.length === 0
      ? 'the repository holds no finished backup'
      : damaged.length === archived.backups.length
        ? `the files of every backup are damaged: ${damaged.map(({ id }) => id).join(', ')}`
        : gaps.length > 0
          ? `the WAL its ${archived.backups.length} backup(s) need is incomplete: ${gaps.map((gap) => named(gap.missing)).join('; ')}`
          : 'the WAL written during the backup is not in the repository yet'
  return diagnose('BACKUP_NONE_RESTORABLE', {
    detail: `nothing can be restored: ${why}`,
    mend: mend.run('pgherd', 'backup'),
  })
}

function unreachable(
  target: RestoreTarget,
  timeline: number,
  windows: readonly RestorableWindow[],
  holding: readonly RestorableWindow[],
  archived: Archived,
): Diagnostic {
  const elsewhere = [...new Set(holding.map((window) => window.timeline))]
  const gaps = walGaps(archived)
  const sentences = [
    `${inWords(target)} cannot be reached on timeline ${timeline}`,
    `what can be restored is ${windowsInWords(windows)}`,
    ...(elsewhere.length > 0 ? [`timeline ${elsewhere.join(', ')} reaches it`] : []),
    ...(gaps.length > 0
      ? [`missing from the repository: ${gaps.map((gap) => named(gap.missing)).join('; ')}`]
      : []),
  ]
  return diagnose('BACKUP_TARGET_UNREACHABLE', {
    detail: sentences.join('; '),
    mend: mend.advice('choose a target inside that window, or "latest"'),
  })
}

function inWords(target: RestoreTarget): string {
  if (target.kind === 'time') return target.at.toISOString()
  if (target.kind === 'latest') return 'the newest state'
  return `WAL position ${formatLsn(target.lsn)}`
}

/** One stretch per timeline and run of overlapping windows. */
function windowsInWords(windows: readonly RestorableWindow[]): string {
  const merged: RestorableWindow[] = []
  for (const window of windows.toSorted((a, b) => a.timeline - b.timeline)) {
    const last = merged.at(-1)
    const overlaps = last?.timeline === window.timeline && parseLsn(window.fromLsn) <= parseLsn(last.toLsn)
    if (!last || !overlaps) merged.push(window)
    else if (parseLsn(window.toLsn) >= parseLsn(last.toLsn)) {
      merged[merged.length - 1] = { ...last, toLsn: window.toLsn, toTime: window.toTime }
    }
  }
  return merged
    .map(
      ({ timeline, fromTime, toTime, fromLsn, toLsn }) =>
        `${fromTime} to ${toTime} (${fromLsn} to ${toLsn}, timeline ${timeline})`,
    )
    .join(' and ')
}

/** A few missing segments by name, many by first and last. */
function named(missing: readonly string[]): string {
  if (missing.length <= 4) return `WAL segment ${missing.join(', ')}`
  return `${missing.length} WAL segments from ${missing[0] ?? ''} to ${missing.at(-1) ?? ''}`
}
