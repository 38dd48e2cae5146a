import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { giveTo } from '../../hosts/run-as.ts'
import { formatLsn, parseLsn, type Lsn } from '../lsn.ts'
import { parseHistory, type TimelineStretch } from '../timelines.ts'
import { historyName, segmentNumber } from '../wal-names.ts'
import type { ArchiveView } from './archive-view.ts'
import { walDamaged } from './damage.ts'
import { readControl, TemporaryServer, type TemporaryServerOptions } from './temporary-server.ts'
import type { RecoveryTarget } from './temporary-settings.ts'
import { isUnfinishedRecord } from './wal-records.ts'
import type { WalFeeder } from './wal-feeder.ts'

export interface RecoveryOptions {
  readonly server: Omit<TemporaryServerOptions, 'recovery'>
  readonly feeder: WalFeeder
  readonly view: ArchiveView
  readonly timeline: number
  readonly way: readonly TimelineStretch[]
  /** Timeline of the backup. */
  readonly backupTimeline: number
  /** Where the archive ends on the way. */
  readonly end: Lsn
  readonly target?: RecoveryTarget
}

/** Where replay stands when it has been waited for. */
export interface Replayed {
  readonly lsn: Lsn
  /** Undefined when the standby takes no queries there (see `Recovery.replayTo`). */
  readonly client: pg.Client | undefined
}

interface State {
  readonly lsn: string | null
  readonly paused: boolean
  readonly recovering: boolean
}

const stateQuery = `
  select pg_catalog.pg_last_wal_replay_lsn()::text as lsn, pg_catalog.pg_is_in_recovery() as recovering,
         pg_catalog.pg_is_in_recovery() and pg_catalog.pg_get_wal_replay_pause_state() = 'paused' as paused`

/**
 * Replay of a restored data directory under our control. The server runs as a standby: it never ends recovery by
 * itself, so WAL that turns out to be damaged or missing can not pass for the end of the archive, as it would in plain
 * archive recovery. It is promoted when, and only when, replay has been seen to reach what was asked for.
 */
export class Recovery implements AsyncDisposable {
  readonly #options: RecoveryOptions
  #server: TemporaryServer
  #client: pg.Client | undefined
  #target: RecoveryTarget | undefined
  /** What the control file asked for when the server was started last. */
  #demands: string

  private constructor(options: RecoveryOptions, server: TemporaryServer, demands: string) {
    this.#options = options
    this.#server = server
    this.#demands = demands
    this.#target = options.target
  }

  static async begin(options: RecoveryOptions): Promise<Recovery> {
    options.feeder.forget()
    const { minimums } = await readControl(options.server.data)
    return new Recovery(options, await startStandby(options, options.target), JSON.stringify(minimums))
  }

  get server(): TemporaryServer {
    return this.#server
  }

  /**
   * Replays everything before `limit` and stops exactly there. The client is undefined when the standby is consistent
   * and still takes no queries: a transaction with more than 64 subtransactions was running when the backup was made
   * (PostgreSQL docs, 26.4.2).
   */
  async replayTo(from: Lsn, limit: Lsn): Promise<Replayed> {
    this.#options.feeder.setLimit(limit)
    const reached = await this.#wait((state) => state.lsn !== null && parseLsn(state.lsn) >= from)
    if (reached === 'no queries') return { lsn: from, client: undefined }
    const lsn = parseLsn(reached.lsn ?? '0/0')
    if (lsn < from) throw await this.#tooShort(lsn)
    return { lsn, client: this.#client }
  }

  /** Replays the whole archive. Throws RESTORE_WAL_DAMAGED when replay ends before it does. */
  async replayToEnd(): Promise<void> {
    this.#options.feeder.setLimit(undefined)
    const reached = await this.#wait(() => false)
    if (reached !== 'no queries') await this.#checkEnd(parseLsn(reached.lsn ?? '0/0'))
  }

  /**
   * Replays to the recovery target. `ended` means the archive ended first, so the target lies behind its newest
   * commit: the server then runs without the target, at the end of the archive.
   */
  async replayToTarget(): Promise<'reached' | 'ended'> {
    this.#options.feeder.setLimit(undefined)
    const reached = await this.#wait((state) => state.paused || !state.recovering)
    if (reached !== 'no queries' && (reached.paused || !reached.recovering)) return 'reached'
    // Promoted now, the server would refuse: "recovery ended before configured recovery target was reached".
    this.#target = undefined
    await this.#restart()
    await this.replayToEnd()
    return 'ended'
  }

  /** Ends recovery and waits until the server takes writes. Gives where the new timeline begins. */
  async promote(): Promise<{ readonly timeline: number; readonly lsn: Lsn }> {
    const { server, feeder, way } = this.#options
    feeder.forget()
    // As pg_ctl promote does: works while the standby takes no queries too (src/bin/pg_ctl/pg_ctl.c, do_promote).
    await writeFile(join(server.data, 'promote'), '')
    await giveTo(join(server.data, 'promote'), server.runAs)
    process.kill(this.#server.pid, 'SIGUSR1')
    for (;;) {
      server.signal.throwIfAborted()
      if (await this.#writable()) break
      await this.#rethrowFailure()
      await sleep(20)
    }
    const { timeline } = await promotedTimeline(this.#client)
    const history = parseHistory(await readFile(join(server.data, 'pg_wal', historyName(timeline)), 'utf8'))
    const lsn = history.at(-1)?.until ?? way.at(-1)?.from ?? 0n
    return { timeline, lsn }
  }

  /** Up to where replay has come; undefined when the standby takes no queries. */
  async position(): Promise<Lsn | undefined> {
    const lsn = (await this.#state())?.lsn
    return lsn === undefined || lsn === null ? undefined : parseLsn(lsn)
  }

  /** Server clock of the newest commit that has been replayed; null when none was or the standby takes no queries. */
  async lastCommitTime(): Promise<string | null> {
    const result = await this.#client?.query<{ at: Date | null }>(
      'select pg_catalog.pg_last_xact_replay_timestamp() as at',
    )
    return result?.rows[0]?.at?.toISOString() ?? null
  }

  /** Promotes and makes sure that nothing of the archive was left out. */
  async promoteAtEnd(): Promise<{ readonly timeline: number; readonly lsn: Lsn }> {
    const promoted = await this.promote()
    await this.#checkEnd(promoted.lsn)
    return promoted
  }

  async disconnect(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    await client?.end().catch(() => undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect()
    await this.#server[Symbol.asyncDispose]()
  }

  /** Waits until `done`, or until the server can make nothing more of what it has been given. */
  async #wait(done: (state: State) => boolean): Promise<State | 'no queries'> {
    const { feeder, server } = this.#options
    for (;;) {
      server.signal.throwIfAborted()
      // Before the state: what is starved now has replayed everything the state then shows.
      const starved = feeder.starved
      const state = await this.#state()
      if (state && done(state)) return state
      if (state && starved) return state
      if (state?.paused && (await this.#demandsGrew())) await this.#restart()
      if (!state && starved) return await this.#withoutQueries()
      await this.#rethrowFailure()
      await sleep(20)
    }
  }

  async #state(): Promise<State | undefined> {
    this.#client ??= await this.#server.tryConnect().catch(() => undefined)
    if (!this.#client) return undefined
    try {
      const { rows } = await this.#client.query<State>(stateQuery)
      return rows[0]
    } catch {
      await this.disconnect()
      return undefined
    }
  }

  async #writable(): Promise<boolean> {
    const state = await this.#state()
    if (!state || state.recovering) return false
    await this.#client?.query('select pg_catalog.pg_current_xact_id()')
    return true
  }

  /** What has gone wrong beneath the replay, if anything. */
  async #rethrowFailure(): Promise<void> {
    const { failure } = this.#options.feeder
    if (failure !== undefined) throw failure
    if (this.#server.running) return
    if (await this.#demandsGrew()) await this.#restart()
    else throw await this.#server.failed('stopped')
  }

  /**
   * Somebody raised max_connections or its like after the backup: replay stops there until the standby has as much.
   * The control file already holds the new demand (xlog_redo, XLOG_PARAMETER_CHANGE).
   */
  async #demandsGrew(): Promise<boolean> {
    const { minimums } = await readControl(this.#options.server.data)
    const now = JSON.stringify(minimums)
    const grew = now !== this.#demands
    this.#demands = now
    return grew
  }

  async #restart(): Promise<void> {
    await this.disconnect()
    await this.#server.stop('fast')
    this.#options.feeder.forget()
    this.#server = await startStandby(this.#options, this.#target)
  }

  async #withoutQueries(): Promise<'no queries'> {
    const log = await this.#server.logTail(1000)
    if (log.includes('consistent recovery state reached')) return 'no queries'
    throw walDamaged(
      this.#options.feeder.lastAsked,
      'replay ends in it before the restored data is consistent',
    )
  }

  async #checkEnd(lsn: Lsn): Promise<void> {
    const { view, way, end } = this.#options
    if (lsn >= end) return
    const name = view.fileOf(way, segmentNumber(lsn, view.segmentBytes))
    if (name !== undefined && isUnfinishedRecord(await view.read(name), lsn, end)) return
    throw await this.#tooShort(lsn)
  }

  async #tooShort(lsn: Lsn): Promise<DiagnosticError> {
    const { view, way, end } = this.#options
    const name = view.fileOf(way, segmentNumber(lsn, view.segmentBytes))
    if (name !== undefined)
      return walDamaged(
        name,
        `replay ends at ${formatLsn(lsn)}, while the archive goes on to ${formatLsn(end)}`,
      )
    return new DiagnosticError(
      diagnose('RESTORE_REPLAY_STUCK', {
        detail: `replay ends at ${formatLsn(lsn)}, before what was asked for; the end of the log:\n${await this.#server.logTail()}`,
        mend: mend.run('pgherd', 'backup'),
      }),
    )
  }
}

async function startStandby(
  options: RecoveryOptions,
  target: RecoveryTarget | undefined,
): Promise<TemporaryServer> {
  const { feeder, timeline, backupTimeline } = options
  return TemporaryServer.start({
    ...options.server,
    recovery: {
      restoreCommand: feeder.restoreCommand,
      // A timeline without a history file can only be named as the current one.
      timeline: timeline === backupTimeline ? 'current' : timeline,
      ...(target ? { target } : {}),
    },
  })
}

async function promotedTimeline(client: pg.Client | undefined): Promise<{ readonly timeline: number }> {
  const result = await client?.query<{ timeline: number }>(
    `select ('x' || substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int as timeline`,
  )
  const [row] = result?.rows ?? []
  if (!row) throw new Error('a promoted server answers')
  return row
}
