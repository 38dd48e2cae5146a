import type { PostgresBinaries, RunAs } from '../../topology/host-facts.ts'
import type { BackupRecord } from '../catalogue.ts'
import { formatLsn } from '../lsn.ts'
import type { Repository } from '../repository.ts'
import { ArchiveView } from './archive-view.ts'
import { Replay } from './replay.ts'
import { makePrivate, refuseWithoutRoom, Scratch } from './scratch.ts'
import type { TemporaryServer } from './temporary-server.ts'
import { unpackBackup } from './unpack.ts'
import { refuseGap, walRow } from './wal-row.ts'

export interface CopyOptions {
  readonly repository: Repository
  readonly backup: BackupRecord
  readonly liveData: string
  /** Directory in which a scratch directory is made. */
  readonly scratch: string
  readonly postgres: Pick<PostgresBinaries, 'bin' | 'major'>
  readonly runAs: RunAs
  readonly invoker: RunAs
  /** shared_preload_libraries of the live server. */
  readonly preload: string
  readonly sharedBuffersBytes: number
  /** Roles of the database whose sessions are let in, beside the superuser. */
  readonly users: readonly string[]
  readonly signal: AbortSignal
  readonly report: (message: string, share?: number) => void
}

/** A throwaway server with all that the archive holds, open for writes. */
export interface NewestCopy {
  readonly server: TemporaryServer
  /** The timeline that was followed, and where its archive ends. */
  readonly timeline: number
  readonly lsn: string
  /** Server clock of the newest commit that was replayed; null when none was. */
  readonly time: string | null
}

/**
 * Restores a backup and everything archived since into a throwaway server, and hands that to `work`. Afterwards it is gone
 * with its directory, whatever happened; what a kill leaves behind is swept by whoever makes the next one.
 *
 * @throws DiagnosticError RESTORE_*, BACKUP_FILE_*; the reason of the signal, which also ends what `work` has under way there.
 */
export async function onNewestCopy<T>(
  options: CopyOptions,
  work: (copy: NewestCopy) => Promise<T>,
): Promise<T> {
  const { repository, backup, runAs, signal, report } = options
  await using scratch = await Scratch.make(options.scratch, 'rehearsal', runAs)
  // whoever writes every table anew needs all of it twice, and the live server may share the disk
  await refuseWithoutRoom(scratch.path, 2 * backup.bytes)
  const view = await ArchiveView.freeze(repository, backup.walSegmentBytes)
  const timeline = view.currentTimeline
  const way = view.wayTo(timeline)
  const { end } = walRow(view, backup, way)
  refuseGap(view, way, end)
  report('restoring the base backup')
  await makePrivate(scratch.data, runAs)
  await unpackBackup({
    repository,
    backup,
    into: scratch.data,
    tablespaces: new Map(backup.tablespaces.map(({ oid }) => [oid, `${scratch.path}/tablespace-${oid}`])),
    runAs,
    signal,
    onBytes: (bytes) => report('restoring the base backup', bytes / backup.bytes),
  })
  report('replaying the archive')
  await using replay = await Replay.start({ ...options, data: scratch.data, scratch, view, end }, timeline)
  const { recovery } = replay
  await recovery.replayToEnd()
  const time = await recovery.lastCommitTime()
  const { lsn } = await recovery.promoteAtEnd()
  const { server } = recovery
  const stop = () => void server.stop('immediate')
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await work({ server, timeline, lsn: formatLsn(lsn), time })
  } finally {
    signal.removeEventListener('abort', stop)
    // rather than that its server was gone
    signal.throwIfAborted()
  }
}
