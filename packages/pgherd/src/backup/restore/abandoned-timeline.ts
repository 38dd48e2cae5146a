import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isOnWay } from '../archive-runs.ts'
import type { BackupRecord, RestorableWindow } from '../catalogue.ts'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { formatLsn, parseLsn, type Lsn } from '../lsn.ts'
import type { Repository } from '../repository.ts'
import type { RestoreTarget } from '../restore-target.ts'
import { inOrder } from '../window.ts'
import { timelineName } from '../wal-names.ts'
import { ArchiveView } from './archive-view.ts'
import { parseControlFile } from './control-file.ts'

/**
 * The newest backup from which a target on a timeline that is no longer written can be tried. The windows of the
 * catalogue do not reach there in time: the moments they know belong to the timeline that is written now. So replay
 * itself has to show whether the target is there.
 */
export function backupOnAbandoned(
  view: ArchiveView,
  backups: readonly BackupRecord[],
  target: RestoreTarget,
  timeline: number,
): { readonly backup: BackupRecord; readonly window: RestorableWindow } | undefined {
  const way = view.wayTo(timeline)
  const backup = inOrder(backups).findLast((each) => {
    const stop = parseLsn(each.stopLsn)
    const end = view.endOf(way, parseLsn(each.startLsn))
    if (!isOnWay(way, each.timeline, stop) || end < stop || end < (way.at(-1)?.from ?? 0n)) return false
    if (target.kind === 'time') return Date.parse(each.stoppedAt) <= target.at.getTime()
    return target.kind === 'latest' || (stop <= target.lsn && target.lsn <= end)
  })
  if (!backup) return undefined
  const toLsn = formatLsn(view.endOf(way, parseLsn(backup.startLsn)))
  const { id, stopLsn, stoppedAt } = backup
  return {
    backup,
    window: { backup: id, timeline, fromLsn: stopLsn, fromTime: stoppedAt, toLsn, toTime: stoppedAt },
  }
}

/** The receiver keeps what it has received in memory for a moment; a stopped server has sent it everything. */
const patienceMs = 5000

/**
 * Completes the archive of the timeline a restore in place leaves. Its last segment is only partly there, and nobody
 * will ever fill it up: the receiver goes on with the new timeline. Stored as a whole segment, as PostgreSQL archives
 * the last one of a timeline it leaves, it is no gap, and the timeline can be restored to its end. The server must be
 * stopped; `data` is its data directory.
 */
export async function closeTimeline(
  repository: Repository,
  segmentBytes: number,
  data: string,
): Promise<void> {
  const control = await readFile(join(data, 'global', 'pg_control')).then(parseControlFile, () => undefined)
  let view = await ArchiveView.freeze(repository, segmentBytes)
  for (
    const deadline = performance.now() + patienceMs;
    control && performance.now() < deadline;
    await sleep(100)
  ) {
    const end = view.partialEnd
    if (end?.timeline !== control.timeline || end.lsn > control.checkpoint) break
    view = await ArchiveView.freeze(repository, segmentBytes)
  }
  const name = view.partialName
  if (name === undefined) return
  const path = `wal/${timelineName(Number.parseInt(name.slice(0, 8), 16))}/${name}`
  const whole = await view.read(name)
  const source = (async function* () {
    yield await Promise.resolve(whole)
  })()
  await repository.store(path, source, { algorithm: 'zstd', level: 1 })
  // beside the whole segment it says nothing any more, and the receiver takes it away, too
  await repository.remove(`${path}.partial`).catch(() => undefined)
}

/**
 * Refuses to call the end of the archive the newest state when the data directory of a stopped server holds commits that
 * were never archived, because nobody archived or the archive was behind. A data directory that is lost or damaged, which
 * is what restores are for, says nothing.
 *
 * @throws DiagnosticError RESTORE_ARCHIVE_BEHIND.
 */
export async function requireNewest(data: string, timeline: number, end: Lsn): Promise<void> {
  const control = await readFile(join(data, 'global', 'pg_control')).then(parseControlFile, () => undefined)
  if (!control || control.timeline < timeline) return
  // after an orderly stop no commit follows the beginning of the last checkpoint
  const isWhole = control.shutDown ? end >= control.checkpoint : end > control.checkpoint
  if (control.timeline === timeline && isWhole) return
  throw new DiagnosticError(
    diagnose('RESTORE_ARCHIVE_BEHIND', {
      detail: `the archive ends at ${formatLsn(end)} of timeline ${timeline}, and ${data} reaches ${formatLsn(control.checkpoint)} of timeline ${control.timeline}: what was committed in between would be lost. Nothing was changed`,
      mend: mend.advice(
        'run pgherd up and wait until pgherd status shows that the archive has caught up; or choose a moment with --to, when the newest commits may go',
      ),
      at: { file: data },
    }),
  )
}
