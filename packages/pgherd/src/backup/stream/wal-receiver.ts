import { DiagnosticError, diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import { formatLsn, parseLsn, type Lsn } from '../lsn.ts'
import type { Repository, StoreCompression } from '../repository.ts'
import { archiveHistories } from './archive-histories.ts'
import { surveyArchive, type ArchiveSurvey } from './archive-survey.ts'
import { Backoff } from './backoff.ts'
import { closeLeftSegment } from './close-segment.ts'
import { walFile } from './partial-segment.ts'
import type { ReplicationConnection, ServerIdentity } from './replication-connection.ts'
import { codeOf, explainFailure, isWalRemoved } from './wal-failures.ts'
import { describeGap, gapBetween, isBridged, type WalGap } from './wal-gap.ts'
import { ArchiveWriteError, streamTimeline } from './wal-session.ts'
import { planStart, startOfSegment, type WalStart } from './wal-start.ts'

export const walSlot = 'pgherd_wal'

export type WalReceiverState =
  'streaming' | 'catching-up' | 'reconnecting' | 'stalled' | 'gap' | 'failed' | 'stopped'

export interface WalReceiverStatus {
  readonly state: WalReceiverState
  readonly timeline?: number
  /** Newest byte received. */
  readonly receivedLsn?: string
  /** Newest byte durable in the repository. */
  readonly archivedLsn?: string
  /** Server clock at which the archive was known to be complete. */
  readonly archivedAt?: string
  readonly lastError?: Diagnostic
}

export interface WalReceiverOptions {
  readonly connect: (signal: AbortSignal) => Promise<ReplicationConnection>
  readonly repository: Repository
  /** For finished segments. */
  readonly compression: StoreCompression
  /** Archive each batch at once, because commits wait for it. */
  readonly synchronous: boolean
  /** Longest time that received WAL is in memory alone, in seconds; 2 when left out. */
  readonly snapshotSeconds?: number
  /** A connected server that answers nothing for so long is given up, in seconds; 6 when left out. */
  readonly silenceSeconds?: number
  /** Longest pause before the server is tried again, in seconds; 15 when left out. */
  readonly retrySeconds?: number
  /** WAL is missing for good: the caller must take a new base backup. */
  readonly onGap?: (gap: WalGap, finding: Diagnostic) => void
}

type StreamStart = Pick<Extract<WalStart, { kind: 'stream' }>, 'timeline' | 'lsn' | 'until'>

interface Waiter {
  readonly lsn: Lsn
  readonly settle: (error?: Error) => void
}

/**
 * Archives the WAL of a server without a gap, for as long as it runs: through the slot `pgherd_wal`,
 * over restarts, crashes and new timelines. Where to go on is always read from the repository.
 * A server's position is confirmed only after the bytes are durable. Never throws by itself and
 * never gives up; `status` says what keeps it.
 */
export class WalReceiver {
  readonly #options: WalReceiverOptions
  readonly #stop = new AbortController()
  readonly #backoff: Backoff
  readonly #waiters = new Set<Waiter>()
  #running: Promise<void> | undefined
  #buffer: Buffer | undefined
  #phase: Exclude<WalReceiverState, 'gap'> = 'stopped'
  #timeline: number | undefined
  #received: Lsn | undefined
  #archived: Lsn | undefined
  #archivedAt: Date | undefined
  #lastError: Diagnostic | undefined
  #gap: WalGap | undefined
  /** Archives at once what has been received; of the session that runs. */
  #hurry: () => void = () => undefined

  constructor(options: WalReceiverOptions) {
    this.#options = options
    this.#backoff = new Backoff(250, (options.retrySeconds ?? 15) * 1000)
  }

  start(): void {
    if (this.#running) return
    this.#phase = 'reconnecting'
    this.#running = this.#loop()
  }

  /** Archives what has been received, then ends. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
    this.#phase = 'stopped'
    for (const waiter of this.#waiters) waiter.settle(new Error('the WAL receiver was stopped'))
  }

  status(): WalReceiverStatus {
    const flowing = this.#phase === 'streaming' || this.#phase === 'catching-up'
    return {
      state: this.#gap && flowing ? 'gap' : this.#phase,
      ...(this.#timeline !== undefined && { timeline: this.#timeline }),
      ...(this.#received !== undefined && { receivedLsn: formatLsn(this.#received) }),
      ...(this.#archived !== undefined && { archivedLsn: formatLsn(this.#archived) }),
      ...(this.#archivedAt && { archivedAt: this.#archivedAt.toISOString() }),
      ...(this.#lastError && { lastError: this.#lastError }),
    }
  }

  /**
   * Resolves once everything up to `lsn` is in the repository.
   * @throws DiagnosticError WAL_ARCHIVE_LATE after `timeoutMs`, naming what kept it.
   */
  async waitForArchived(lsn: Lsn, timeoutMs: number): Promise<void> {
    if (this.#archived !== undefined && this.#archived >= lsn) return
    let waiter: Waiter | undefined
    const timer = setTimeout(() => waiter?.settle(this.#late(lsn, timeoutMs)), timeoutMs)
    try {
      await new Promise<void>((resolve, reject) => {
        waiter = { lsn, settle: (error) => (error ? reject(error) : resolve()) }
        this.#waiters.add(waiter)
        if (this.#received !== undefined && lsn <= this.#received) this.#hurry()
      })
    } finally {
      clearTimeout(timer)
      if (waiter) this.#waiters.delete(waiter)
    }
  }

  async #loop(): Promise<void> {
    const bridging = setInterval(() => void this.#checkBridged(), 2000)
    while (!this.#stop.signal.aborted) {
      try {
        await this.#connectAndStream()
      } catch (error) {
        if (this.#stop.signal.aborted) break
        this.#lastError = explainFailure(error, this.#options.repository.root)
        this.#phase =
          error instanceof ArchiveWriteError
            ? 'stalled'
            : isRefusal(this.#lastError)
              ? 'failed'
              : 'reconnecting'
      }
      await this.#backoff.wait(this.#stop.signal)
    }
    clearInterval(bridging)
  }

  /** One connection, from the first question to its end. */
  async #connectAndStream(): Promise<void> {
    const { connect, repository } = this.#options
    const connection = await connect(this.#stop.signal)
    try {
      const met = await connection.identify()
      this.#refuseForeign(met)
      const segmentBytes = await connection.walSegmentBytes()
      if (this.#buffer?.length !== segmentBytes) this.#buffer = Buffer.alloc(segmentBytes)
      const kept = await this.#holdSlot(connection, met)
      const history = await archiveHistories(connection, repository, met.timeline)
      const survey = await surveyArchive(repository, segmentBytes)
      // asked again: another process may have archived meanwhile what the server had not written at the first question
      const server = { ...met, lsn: (await connection.identify()).lsn }
      const neededFrom = await this.#newestBackup()
      const plan = planStart({
        server,
        history,
        archived: survey.archived,
        ...(neededFrom && { neededFrom }),
        kept,
        segmentBytes,
      })
      if (plan.kind === 'ahead') throw this.#archiveAhead(plan.detail)
      let from: StreamStart = plan
      for (;;) {
        await closeLeftSegment(repository, this.#options.compression, from.timeline, segmentBytes)
        const next = await this.#streamFrom(connection, server, survey, from).catch((error: unknown) => {
          if (!isWalRemoved(error)) throw error
          const to = startOfSegment(kept.lsn > from.lsn ? kept.lsn : server.lsn, segmentBytes)
          this.#reportGap(gapBetween(from.timeline, from.lsn, to, segmentBytes))
          return { timeline: kept.lsn > from.lsn ? kept.timeline : server.timeline, lsn: to }
        })
        if (!next) return
        from = { timeline: next.timeline, lsn: startOfSegment(next.lsn, segmentBytes) }
      }
    } finally {
      connection.destroy()
    }
  }

  #streamFrom(
    connection: ReplicationConnection,
    server: ServerIdentity,
    survey: ArchiveSurvey,
    from: StreamStart,
  ): Promise<{ timeline: number; lsn: Lsn } | undefined> {
    const { repository, compression, synchronous, snapshotSeconds = 2, silenceSeconds = 6 } = this.#options
    const have = survey.archived.find((each) => each.timeline === from.timeline)
    const end = have && from.until !== undefined && have.end > from.until ? from.until : have?.end
    const already = have && end !== undefined && have.next === from.lsn ? Number(end - have.next) : 0
    return streamTimeline({
      connection,
      repository,
      compression,
      slot: walSlot,
      timeline: from.timeline,
      start: from.lsn,
      already,
      buffer: this.#buffer ?? Buffer.alloc(0),
      serverEnd: server.lsn,
      saveEveryMs: synchronous ? 0 : snapshotSeconds * 1000,
      positionEveryMs: 1000,
      silenceSeconds,
      stop: this.#stop.signal,
      onStart: ({ hurry }) => {
        this.#hurry = hurry
        // A timeline may begin before the end of the one it left: what was reached there says nothing here.
        if (this.#timeline !== from.timeline) this.#archived = undefined
        this.#timeline = from.timeline
        this.#phase = 'catching-up'
        this.#advance(from.lsn + BigInt(already))
        // A crash may have come between storing the finished segment and removing its partial.
        if (have?.finished !== undefined)
          void repository.remove(`${walFile(have.finished)}.partial`).catch(() => undefined)
      },
      onReceived: (received, caughtUp) => {
        this.#received = received
        this.#phase = caughtUp ? 'streaming' : 'catching-up'
        for (const waiter of this.#waiters) if (waiter.lsn <= received) this.#hurry()
      },
      onDurable: (durable) => {
        this.#backoff.reset()
        this.#lastError = this.#gap && describeGap(this.#gap)
        this.#advance(durable)
      },
      onPosition: (at) => {
        this.#archivedAt = at
      },
    })
  }

  /** Makes sure that the slot exists and keeps WAL, and says from where on. An invalidated slot is made anew. */
  async #holdSlot(
    connection: ReplicationConnection,
    server: ServerIdentity,
  ): Promise<{ timeline: number; lsn: Lsn }> {
    let slot = await connection.readSlot(walSlot)
    if (slot && slot.restartLsn === undefined) {
      await connection.dropSlot(walSlot)
      slot = undefined
    }
    if (!slot) {
      // 42710: somebody was quicker, such as Patroni, which keeps the slot on every new primary
      await connection.createSlot(walSlot).catch((error: unknown) => {
        if (codeOf(error) !== '42710') throw error
      })
      slot = await connection.readSlot(walSlot)
    }
    return { timeline: slot?.restartTimeline ?? server.timeline, lsn: slot?.restartLsn ?? server.lsn }
  }

  async #newestBackup(): Promise<{ timeline: number; lsn: Lsn } | undefined> {
    const newest = (await this.#options.repository.backups()).at(-1)
    return newest && { timeline: newest.timeline, lsn: parseLsn(newest.startLsn) }
  }

  #advance(durable: Lsn): void {
    if (this.#archived === undefined || durable > this.#archived) this.#archived = durable
    for (const waiter of this.#waiters) if (waiter.lsn <= this.#archived) waiter.settle()
  }

  #reportGap(gap: WalGap): void {
    const known = this.#gap?.from === gap.from && this.#gap.timeline === gap.timeline
    this.#gap = gap
    const finding = describeGap(gap)
    this.#lastError = finding
    if (!known) this.#options.onGap?.(gap, finding)
  }

  async #checkBridged(): Promise<void> {
    const gap = this.#gap
    if (!gap || !(await isBridged(gap, this.#options.repository).catch(() => false))) return
    this.#gap = undefined
    this.#lastError = undefined
  }

  #refuseForeign(server: ServerIdentity): void {
    const { repository } = this.#options
    if (server.systemId === repository.systemId) return
    throw new DiagnosticError(
      diagnose('WAL_FOREIGN_SERVER', {
        detail: `the repository ${repository.root} belongs to the database cluster ${repository.systemId}, but the server is ${server.systemId}. Mixing them would make both unrestorable`,
        mend: mend.advice(
          'give the new cluster a repository of its own (backups.repository), or start the old data directory',
        ),
      }),
    )
  }

  #archiveAhead(detail: string): DiagnosticError {
    return new DiagnosticError(
      diagnose('WAL_ARCHIVE_AHEAD', {
        detail: `${detail}. Archiving on would overwrite good WAL`,
        mend: mend.advice(
          'restore with "pgherd restore", which starts a new timeline, or give this copy a repository of its own',
        ),
      }),
    )
  }

  #late(lsn: Lsn, timeoutMs: number): DiagnosticError {
    const reached =
      this.#archived === undefined
        ? 'nothing is archived yet'
        : `the archive ends at ${formatLsn(this.#archived)}`
    const cause = this.#lastError ? `: ${this.#lastError.detail}` : ''
    return new DiagnosticError(
      diagnose('WAL_ARCHIVE_LATE', {
        detail: `WAL up to ${formatLsn(lsn)} was not archived within ${Math.round(timeoutMs / 1000)} s; ${reached}${cause}`,
        mend: this.#lastError?.mend ?? mend.run('pgherd', 'status'),
      }),
    )
  }
}

const refusals: readonly string[] = ['WAL_FOREIGN_SERVER', 'WAL_ARCHIVE_AHEAD', 'WAL_TIMELINE_TAKEN']

function isRefusal(finding: Diagnostic): boolean {
  return refusals.includes(finding.code)
}
