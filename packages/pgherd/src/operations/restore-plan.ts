import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BackupRecord, RestorableWindow } from '../backup/catalogue.ts'
import { formatLsn, parseLsn, type Lsn } from '../backup/lsn.ts'
import { readArchived } from '../backup/read-archived.ts'
import type { Repository } from '../backup/repository.ts'
import { canRestoreTo, type Restorable, type RestoreTarget } from '../backup/restore-target.ts'
import { backupOnAbandoned } from '../backup/restore/abandoned-timeline.ts'
import { ArchiveView } from '../backup/restore/archive-view.ts'
import { findRestorePoint } from '../backup/restore/find-restore-point.ts'
import { refuseWithoutRoom } from '../backup/restore/scratch.ts'
import { inWords, understand, type Goal, type RestoreTo } from '../backup/restore/target.ts'
import type { RecoveryTarget } from '../backup/restore/temporary-settings.ts'
import { restorableWindows, soundBackups, type Archived } from '../backup/window.ts'
import { DiagnosticError, diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { OperationContext } from './context.ts'
import { openRepositoryOf } from './open-repository.ts'

export interface RestoreRequest {
  readonly to: RestoreTo
  /** An abandoned timeline to follow; the current one when left out. */
  readonly timeline?: number
  readonly mode: { readonly into: string } | 'in-place'
  /** Backups that turned out to be damaged (restore-fallback.ts). */
  readonly except?: readonly string[]
}

/** What a restore would do, for people to see before it happens. */
export interface RestorePlan {
  readonly backup: string
  /** The timeline that is followed; the restored server begins a new one. */
  readonly timeline: number
  readonly target: string
  readonly window: RestorableWindow
  /** Bytes of data to restore. */
  readonly bytes: number
  /** The data directory that is made. */
  readonly data: string
  /** Where the present data directory is kept; absent when there is none. */
  readonly keptAs?: string
  readonly warnings: readonly Diagnostic[]
}

/** The plan with what carrying it out needs. */
export interface PreparedRestore {
  readonly plan: RestorePlan
  readonly repository: Repository
  readonly backup: BackupRecord
  readonly view: ArchiveView
  readonly end: Lsn
  readonly recoveryTarget: RecoveryTarget | undefined
  /** Nothing but replay can tell whether the target is in the archive. */
  readonly mustBeReached: boolean
}

/**
 * Decides from which backup and along which timeline the target can be reached; changes nothing.
 *
 * @throws DiagnosticError RESTORE_TIME_AMBIGUOUS, RESTORE_TARGET_INVALID, RESTORE_OUTSIDE_WINDOW, RESTORE_POINT_UNKNOWN,
 * RESTORE_TIMELINE_UNKNOWN, RESTORE_DIRECTORY_IN_USE, RESTORE_NO_SPACE, BACKUP_NONE_RESTORABLE, and what opening the
 * repository throws.
 */
export async function prepareRestore(
  context: OperationContext,
  request: RestoreRequest,
): Promise<PreparedRestore> {
  const goal = understand(request.to)
  const place = await placeOf(context, request.mode)
  const repository = await openRepositoryOf(context)
  const noted = await readNoted(repository, goal, context)
  const timeline = knownTimeline(request.timeline, noted)
  // one that failed its last proof may be the only one there is, and what was wrong with its disk may be over
  const all = { ...noted, damaged: new Set(request.except) }
  const reachable = expectWindow(all, timeline)
  const view = await ArchiveView.freeze(repository, reachable.walSegmentBytes)
  const archived = withPartial(all, view)
  const target = await locate(goal, view, archived, timeline, context)
  const choose = (from: Archived) =>
    timeline === view.currentTimeline
      ? expectReachable(canRestoreTo(target.where, from), goal, from, timeline)
      : expectOnAbandoned(view, from, target.where, goal, timeline)
  const damaged = new Set([...archived.damaged, ...(noted.damaged ?? [])])
  const { backup, window, warnings } = firstChoice(() => choose({ ...archived, damaged })) ?? choose(archived)
  await refuseWithoutRoom(dirname(place.data), backup.bytes)
  const end = view.endOf(view.wayTo(window.timeline), parseLsn(backup.startLsn))
  const plan = {
    backup: backup.id,
    timeline: window.timeline,
    target: inWords(goal),
    window,
    bytes: backup.bytes,
    ...place,
    warnings,
  }
  const mustBeReached = goal.kind === 'time' && timeline !== view.currentTimeline
  return { plan, repository, backup, view, end, recoveryTarget: target.recovery, mustBeReached }
}

/** Undefined where it is refused. */
function firstChoice<T>(choose: () => T): T | undefined {
  try {
    return choose()
  } catch (error) {
    if (error instanceof DiagnosticError) return undefined
    throw error
  }
}

/** The receiver notes how far it has come every few seconds; longer than that is not waited for. */
const patienceMs = 6000
/** After a restore it tries to come back with growing pauses, which have reached some seconds by then. */
const timelinePatienceMs = 12_000

/**
 * What the archive holds. A moment that has just passed is waited for: the archive covers it as soon as that is noted;
 * so is the beginning of a timeline that an earlier restore has just begun.
 */
async function readNoted(
  repository: Repository,
  goal: Goal,
  { now, signal }: OperationContext,
): Promise<Archived> {
  const began = performance.now()
  for (; ; await sleep(200, undefined, { signal })) {
    const archived = await readArchived(repository)
    const patience = awaitedFor(goal, archived, now())
    if (performance.now() - began >= patience) return archived
  }
}

/** How long it is worth waiting for the archive to note what it has, in milliseconds from the beginning. */
function awaitedFor(goal: Goal, { wal: { position }, histories }: Archived, now: Date): number {
  if (!position) return 0
  // until something is noted of it, the timeline that is being written is in no window
  if (position.timeline < Math.max(1, ...histories.keys())) return timelinePatienceMs
  const isPast = goal.kind === 'time' && goal.at <= now && Date.parse(position.at) < goal.at.getTime()
  return isPast ? patienceMs : 0
}

/** The segment being received reaches further than what was noted last: the windows must count it. */
function withPartial<T extends Archived>(archived: T, view: ArchiveView): T {
  const { position } = archived.wal
  const end = view.partialEnd
  if (!position || !end || end.timeline !== position.timeline || end.lsn <= parseLsn(position.lsn))
    return archived
  return { ...archived, wal: { ...archived.wal, position: { ...position, lsn: formatLsn(end.lsn) } } }
}

async function placeOf(
  { member, now }: OperationContext,
  mode: RestoreRequest['mode'],
): Promise<Pick<RestorePlan, 'data' | 'keptAs'>> {
  const { data } = member.paths
  if (mode === 'in-place') {
    // a lost data directory is what restores are for: then there is nothing to keep
    const there = existsSync(data)
    return { data, ...(there && { keptAs: `${data}.before-restore-${stamp(now())}` }) }
  }
  const into = resolve(mode.into)
  const entries = await readdir(into).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw inUse(
      into,
      error.code === 'ENOTDIR' ? 'is not a directory' : `cannot be read (${error.code ?? error.message})`,
    )
  })
  if (entries.length > 0) throw inUse(into, `is not empty (it has ${entries.slice(0, 3).join(', ')})`)
  return { data: into }
}

/** `20261121T031735Z`, as backups are named. */
export function stamp(at: Date): string {
  return at.toISOString().replaceAll(/[-:]|\.\d+/g, '')
}

function inUse(directory: string, why: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('RESTORE_DIRECTORY_IN_USE', {
      detail: `${directory} ${why}; a restore never writes over anything`,
      mend: mend.advice('name a directory that does not exist yet'),
      at: { file: directory },
    }),
  )
}

/** The timeline to follow: the one asked for, or the highest, which is the one being written. */
function knownTimeline(asked: number | undefined, { wal, histories, backups }: Archived): number {
  const known = new Set([
    ...wal.segments.keys(),
    ...histories.keys(),
    ...backups.map((backup) => backup.timeline),
  ])
  if (wal.partial) known.add(wal.partial.timeline)
  if (asked === undefined) return Math.max(1, ...known)
  if (known.has(asked)) return asked
  throw new DiagnosticError(
    diagnose('RESTORE_TIMELINE_UNKNOWN', {
      detail: `the archive has no timeline ${asked}; it has ${[...known].sort((one, other) => one - other).join(', ')}`,
      mend: mend.advice('name one of those with --timeline, or leave it out to follow the current one'),
    }),
  )
}

/** Any backup that can be restored at all; without one the refusal of `canRestoreTo` says why. */
function expectWindow(archived: Archived, timeline: number): BackupRecord {
  const decided = canRestoreTo({ kind: 'latest', timeline }, archived)
  if (decided.ok) return decided.backup
  const [any] = restorableWindows(archived)
  const backup = archived.backups.find((each) => each.id === any?.backup)
  if (backup) return backup
  throw new DiagnosticError(decided.refused)
}

interface Located {
  readonly where: RestoreTarget
  readonly recovery: RecoveryTarget | undefined
}

/** Turns the goal into a place the windows can be asked for, and into what PostgreSQL is told. */
async function locate(
  goal: Goal,
  view: ArchiveView,
  archived: Archived,
  timeline: number,
  { report, signal }: OperationContext,
): Promise<Located> {
  if (goal.kind === 'latest') return { where: { kind: 'latest', timeline }, recovery: undefined }
  if (goal.kind === 'time') {
    return { where: { kind: 'time', at: goal.at, timeline }, recovery: { kind: 'time', text: goal.text } }
  }
  if (goal.kind === 'lsn') {
    // Not PostgreSQL's default: after "insert; select pg_current_wal_lsn()" the position is meant to contain the
    // insert and not whatever was committed next.
    const recovery = { kind: 'lsn', lsn: formatLsn(goal.lsn), inclusive: false } as const
    return { where: { kind: 'lsn', lsn: goal.lsn, timeline }, recovery }
  }
  const way = view.wayTo(timeline)
  const starts = archived.backups.map((backup) => parseLsn(backup.startLsn))
  const from = starts.reduce((least, each) => (each < least ? each : least))
  const newest = starts.reduce((most, each) => (each > most ? each : most))
  const to = view.endOf(way, newest)
  const point = await findRestorePoint(goal.name, view, way, { from, to }, report, signal)
  const recovery = { kind: 'lsn', lsn: formatLsn(point.lsn), inclusive: true } as const
  return { where: { kind: 'lsn', lsn: point.lsn, timeline }, recovery }
}

function expectReachable(
  decided: Restorable,
  goal: Goal,
  archived: Archived,
  timeline: number,
): Extract<Restorable, { ok: true }> {
  if (decided.ok) return decided
  if (decided.refused.code !== 'BACKUP_TARGET_UNREACHABLE') throw new DiagnosticError(decided.refused)
  const near = nearest(
    goal,
    restorableWindows(archived).filter((window) => window.timeline === timeline),
  )
  throw outside(decided.refused.detail, near)
}

function expectOnAbandoned(
  view: ArchiveView,
  archived: Archived,
  where: RestoreTarget,
  goal: Goal,
  timeline: number,
): { backup: BackupRecord; window: RestorableWindow; warnings: readonly Diagnostic[] } {
  const found = backupOnAbandoned(view, soundBackups(archived), where, timeline)
  if (found) return { ...found, warnings: [] }
  throw outside(`${inWords(goal)} cannot be reached on the abandoned timeline ${timeline}`, undefined)
}

/** The refusal of a target, with the nearest one that is possible. */
export function outside(detail: string, near: string | undefined): DiagnosticError {
  return new DiagnosticError(
    diagnose('RESTORE_OUTSIDE_WINDOW', {
      detail: `${detail}${near === undefined ? '' : `; the nearest that can be restored is ${near}`}`,
      mend:
        near === undefined
          ? mend.run('pgherd', 'restore', '--to', 'latest', '--into', './restored')
          : mend.run('pgherd', 'restore', '--to', near, '--into', './restored'),
    }),
  )
}

/** The end of a window closest to the goal, as `--to` takes it. */
function nearest(goal: Goal, windows: readonly RestorableWindow[]): string | undefined {
  if (goal.kind === 'time') {
    const ends = windows.flatMap((window) => [wholeMillisecondUp(window.fromTime), window.toTime])
    const distance = (time: string): number => Math.abs(Date.parse(time) - goal.at.getTime())
    return ends.sort((one, other) => distance(one) - distance(other))[0]
  }
  if (goal.kind !== 'lsn') return undefined
  const distance = (lsn: string): bigint => {
    const apart = parseLsn(lsn) - goal.lsn
    return apart < 0n ? -apart : apart
  }
  const ends = windows.flatMap((window) => [window.fromLsn, window.toLsn])
  const [closest] = ends.sort((one, other) => (distance(one) < distance(other) ? -1 : 1))
  return closest === undefined ? undefined : `lsn:${closest}`
}

/** The first moment in whole milliseconds that is not before a time with microseconds. */
function wholeMillisecondUp(time: string): string {
  return new Date(Date.parse(time) + (/\.\d{3}\d*[1-9]/.test(time) ? 1 : 0)).toISOString()
}
