import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PostgresBinaries, RunAs } from '../../topology/host-facts.ts'
import type { BackupRecord } from '../catalogue.ts'
import { formatLsn, type Lsn } from '../lsn.ts'
import type { Repository } from '../repository.ts'
import { historyName } from '../wal-names.ts'
import type { ArchiveView } from './archive-view.ts'
import type { Recovery } from './recovery.ts'
import { Replay } from './replay.ts'
import type { Scratch } from './scratch.ts'
import { syncTree } from './sync-tree.ts'
import { returnAutoConf } from './temporary-server.ts'
import type { RecoveryTarget } from './temporary-settings.ts'
import { unpackBackup } from './unpack.ts'

export interface BuildOptions {
  readonly repository: Repository
  readonly view: ArchiveView
  readonly backup: BackupRecord
  readonly timeline: number
  /** Undefined restores to the end of the archive. */
  readonly target: RecoveryTarget | undefined
  /** End of the WAL that is there on the way. */
  readonly end: Lsn
  /** An empty directory that belongs to the run-as user. */
  readonly data: string
  readonly tablespaces: ReadonlyMap<number, string>
  readonly liveData: string
  readonly scratch: Scratch
  readonly postgres: Pick<PostgresBinaries, 'bin' | 'major'>
  readonly runAs: RunAs
  readonly invoker: RunAs
  readonly preload: string
  readonly sharedBuffersBytes: number
  /** Replication slot to make before anybody else can write, so that the archive has no gap on the new timeline. */
  readonly slot?: string
  readonly signal: AbortSignal
  readonly report: (message: string, share?: number) => void
}

export interface Built {
  /** The new timeline and where it begins. */
  readonly timeline: number
  readonly lsn: string
  /** Server clock of the newest restored commit; null when none was replayed. */
  readonly time: string | null
  /** False when the target lay behind the newest archived commit. */
  readonly stoppedAtTarget: boolean
  /** The history file of the new timeline. */
  readonly history: Buffer
}

/**
 * Makes a data directory that is recovered, promoted and cleanly shut down: any server can be started on it, and
 * nothing of the recovery is left in it. Everything happens in a server that only this process can reach.
 * Throws DiagnosticError RESTORE_*, BACKUP_FILE_*.
 */
export async function buildData(options: BuildOptions): Promise<Built> {
  const { repository, backup, data, scratch, runAs, signal, report, timeline, tablespaces } = options
  report('restoring the base backup')
  const onBytes = (bytes: number): void => report('restoring the base backup', bytes / backup.bytes)
  await unpackBackup({ repository, backup, into: data, tablespaces, runAs, signal, onBytes })
  report('replaying the archive')
  await using first = await Replay.start(options, timeline, options.target)
  const reached = options.target
    ? await first.recovery.replayToTarget()
    : await first.recovery.replayToEnd().then(() => 'ended' as const)
  const time = await first.recovery.lastCommitTime()
  const turn = reached === 'reached' ? await turnOff(first) : undefined
  await using second = turn && (await Replay.start(options, turn.timeline))
  await second?.recovery.replayTo(turn?.lsn ?? 0n, turn?.lsn ?? 0n)
  const { recovery } = second ?? first
  const promoted = reached === 'reached' ? await recovery.promote() : await recovery.promoteAtEnd()
  report('closing the restored server')
  await finish(recovery, options.slot)
  await returnAutoConf(data, scratch.path)
  report('writing everything to disk')
  for (const place of [data, ...tablespaces.values()]) await syncTree(place)
  const history = await readFile(join(data, 'pg_wal', historyName(promoted.timeline)))
  return {
    timeline: promoted.timeline,
    lsn: formatLsn(promoted.lsn),
    time,
    stoppedAtTarget: reached === 'reached',
    history,
  }
}

/**
 * The timeline on which a target lies that was reached before the one that was followed began, and where; undefined when it
 * lies on that one. A server promoted there would say in its history that it left the timeline it was told to follow
 * (writeTimeLineHistory in StartupXLOG, xlog.c, takes recoveryTargetTLI), at a position that timeline never had; so it has to
 * be told to follow the other one, up to the very same position. Stops the server then.
 */
async function turnOff({ recovery, way }: Replay): Promise<{ timeline: number; lsn: Lsn } | undefined> {
  const lsn = await recovery.position()
  const stretch = way.find(({ until }) => until === undefined || (lsn !== undefined && lsn <= until))
  if (lsn === undefined || stretch?.until === undefined) return undefined
  await recovery.disconnect()
  await recovery.server.stop('fast')
  return { timeline: stretch.timeline, lsn }
}

async function finish(recovery: Recovery, slot: string | undefined): Promise<void> {
  const client = await recovery.server.connected(AbortSignal.timeout(30_000))
  try {
    if (slot !== undefined)
      await client.query('select pg_catalog.pg_create_physical_replication_slot($1, true)', [slot])
    await client.query('checkpoint')
  } finally {
    await client.end()
  }
  await recovery.disconnect()
  await recovery.server.stop('fast')
}
