import { join } from 'node:path'
import type { BackupRecord } from '../catalogue.ts'
import type { Lsn } from '../lsn.ts'
import type { TimelineStretch } from '../timelines.ts'
import type { ArchiveView } from './archive-view.ts'
import { availablePreload } from './preload.ts'
import { Recovery } from './recovery.ts'
import type { Scratch } from './scratch.ts'
import type { TemporaryServerOptions } from './temporary-server.ts'
import type { RecoveryTarget } from './temporary-settings.ts'
import { WalFeeder } from './wal-feeder.ts'

/** What is replayed, and the server that does it. */
export interface ReplayOptions extends Omit<
  TemporaryServerOptions,
  'scratch' | 'preload' | 'recovery' | 'durable'
> {
  /** shared_preload_libraries of the live server; what is not installed is left out. */
  readonly preload: string
  readonly view: ArchiveView
  readonly backup: BackupRecord
  /** End of the WAL that is there on the way. */
  readonly end: Lsn
  readonly scratch: Scratch
}

/** A server that replays the archive from an unpacked backup, and what feeds it. Both end with it. */
export class Replay implements AsyncDisposable {
  readonly recovery: Recovery
  readonly way: readonly TimelineStretch[]
  readonly #feeder: WalFeeder

  private constructor(recovery: Recovery, way: readonly TimelineStretch[], feeder: WalFeeder) {
    this.recovery = recovery
    this.way = way
    this.#feeder = feeder
  }

  /** On the way to `timeline`; to the end of the archive when no target is given. Throws DiagnosticError RESTORE_*, BACKUP_FILE_*. */
  static async start(options: ReplayOptions, timeline: number, target?: RecoveryTarget): Promise<Replay> {
    const { view, scratch, postgres, runAs } = options
    const way = view.wayTo(timeline)
    const directory = join(scratch.path, `feed-${timeline}`)
    const feeder = await WalFeeder.start({ view, way, directory, runAs })
    try {
      const recovery = await Recovery.begin({
        server: {
          ...options,
          scratch: scratch.path,
          preload: await availablePreload(options.preload, postgres.bin),
        },
        feeder,
        view,
        timeline,
        way,
        backupTimeline: options.backup.timeline,
        end: options.end,
        ...(target ? { target } : {}),
      })
      return new Replay(recovery, way, feeder)
    } catch (error) {
      await feeder[Symbol.asyncDispose]()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.recovery[Symbol.asyncDispose]()
    await this.#feeder[Symbol.asyncDispose]()
  }
}
