import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { formatLsn, parseLsn, type Lsn } from '../lsn.ts'
import { positionStore } from '../repository/position-store.ts'
import { WalReceiver, type WalReceiverOptions } from './wal-receiver.ts'

/** The archive may take as long as it needs, but not stand still for longer than this. */
const patienceMs = 60_000

/**
 * Archiving for the length of one piece of work, whether or not an agent runs. The slot has one
 * consumer: when that is another process, its progress is read from the repository; when nobody
 * streams, this process does.
 */
export class WalCompanion implements AsyncDisposable {
  readonly #receiver: WalReceiver
  readonly #options: WalReceiverOptions

  constructor(options: WalReceiverOptions) {
    this.#options = options
    this.#receiver = new WalReceiver(options)
  }

  start(): void {
    this.#receiver.start()
  }

  /**
   * Resolves once everything up to `lsn` of `timeline` is in the repository, whoever puts it there.
   *
   * @throws DiagnosticError WAL_ARCHIVE_LATE when the archive stands still for a minute; at once what makes archiving
   * impossible (WAL_FOREIGN_SERVER, WAL_ARCHIVE_AHEAD).
   */
  async waitForArchived(lsn: Lsn, timeline: number, signal: AbortSignal): Promise<void> {
    let reached = -1n
    let movedAt = performance.now()
    for (;;) {
      signal.throwIfAborted()
      const archived = await this.#archived(timeline)
      if (archived >= lsn) return
      const { state, lastError } = this.#receiver.status()
      if (state === 'failed' && lastError) throw new DiagnosticError(lastError)
      if (archived > reached) movedAt = performance.now()
      reached = archived
      if (performance.now() - movedAt > patienceMs) throw this.#late(lsn, archived)
      // also tells the receiver that somebody waits; looked at again soon in case another process is the archiver
      await this.#receiver.waitForArchived(lsn, 100).catch(() => undefined)
    }
  }

  /** Archives what this process has received and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#receiver.stop()
  }

  async #archived(timeline: number): Promise<Lsn> {
    const status = this.#receiver.status()
    const ours =
      status.timeline === timeline && status.archivedLsn !== undefined ? parseLsn(status.archivedLsn) : 0n
    const position = await positionStore(this.#options.repository).read()
    const theirs = position?.timeline === timeline ? parseLsn(position.lsn) : 0n
    return ours > theirs ? ours : theirs
  }

  #late(lsn: Lsn, archived: Lsn): DiagnosticError {
    const { lastError } = this.#receiver.status()
    return new DiagnosticError(
      diagnose('WAL_ARCHIVE_LATE', {
        detail: `the archive has stood still at ${formatLsn(archived)} for a minute, and WAL up to ${formatLsn(lsn)} is needed${lastError ? `: ${lastError.detail}` : ''}`,
        mend: lastError?.mend ?? mend.run('pgherd', 'status'),
      }),
    )
  }
}
