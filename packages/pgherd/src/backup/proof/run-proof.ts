import { setTimeout as sleep } from 'node:timers/promises'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { PostgresBinaries, RunAs } from '../../topology/host-facts.ts'
import type { BackupRecord, ProofCheck, ProofRecord } from '../catalogue.ts'
import { formatLsn } from '../lsn.ts'
import type { Repository } from '../repository.ts'
import { ArchiveView } from '../restore/archive-view.ts'
import { availablePreload } from '../restore/preload.ts'
import { Recovery } from '../restore/recovery.ts'
import { makePrivate, refuseWithoutRoom, Scratch } from '../restore/scratch.ts'
import { unpackBackup } from '../restore/unpack.ts'
import { WalFeeder } from '../restore/wal-feeder.ts'
import { refuseGap, walRow } from '../restore/wal-row.ts'
import { Checklist, counted, round } from './checklist.ts'
import { checkCopy } from './check-copy.ts'
import { compareRecorded, judgeContents, type Compared } from './compare-recorded.ts'
import type { Beat } from './heartbeat.ts'
import type { LiveServer } from './live-server.ts'
import { measureLoss, type MeasuredLoss } from './measure-loss.ts'
import { recordContents, type RecordedContents } from './record-contents.ts'
import type { UserCheck } from './user-checks.ts'

export interface ProofOptions {
  readonly repository: Repository
  readonly backup: BackupRecord
  /** Undefined when it is down: then nothing can be compared, and the loss cannot be measured. */
  readonly live: LiveServer | undefined
  readonly liveData: string
  /** Directory in which a scratch directory is made. */
  readonly scratch: string
  readonly postgres: Pick<PostgresBinaries, 'bin' | 'major'>
  readonly runAs: RunAs
  readonly invoker: RunAs
  /** shared_preload_libraries of the live server. */
  readonly preload: string
  readonly budgetSeconds: number
  readonly userChecks: readonly UserCheck[]
  readonly signal: AbortSignal
  readonly report: (message: string, share?: number) => void
  readonly now: () => Date
}

/** The WAL archive at the moment of the assumed disaster. */
interface Disaster {
  readonly view: ArchiveView
  /** Server clock then, and the last heartbeat that was acknowledged before it. */
  readonly at: string | undefined
  readonly acknowledged: Beat | undefined
  /** From here the time to recover counts, in milliseconds of performance.now(). */
  readonly clock: number
}

/** A throwaway copy: small, and nobody misses it after a power cut. */
const sharedBuffersBytes = 64 * 2 ** 20
const archiveTimeoutSeconds = 30
/** Long enough for several rounds of the receiver, so that its normal delay shows in the measured loss. */
const heartbeatMs = 1000

/**
 * Proves a backup by restoring it: records what the live server holds, assumes a disaster, restores to exactly the
 * recorded point and compares, goes on to the end of the archive, opens the copy for writes and checks it. What goes
 * wrong with the backup is a failed check of the record; what keeps the proof from being made is thrown.
 */
export async function runProof(options: ProofOptions): Promise<ProofRecord> {
  const { repository, backup, live, signal } = options
  const began = performance.now()
  refuseForeign(options)
  await using scratch = await Scratch.make(options.scratch, 'proof', options.runAs)
  await refuseWithoutRoom(scratch.path, backup.bytes)
  const list = new Checklist()
  const proof: Measured = {
    rtoSeconds: null,
    rpoSeconds: null,
    lostCommits: null,
    compared: null,
    restoredTo: null,
  }
  const before = await list.run('archive', () => (live ? leadUp(options, live) : withoutLive(options)))
  signal.throwIfAborted()
  if (before?.ok === true)
    await restoreAndCheck(options, scratch, before.disaster, before.contents, list, proof)
  signal.throwIfAborted()
  const record: ProofRecord = {
    backup: backup.id,
    ok: list.verdict === 'proven',
    verdict: list.verdict,
    provenAt: options.now().toISOString(),
    ...proof,
    seconds: round((performance.now() - began) / 1000),
    checks: list.checks,
  }
  await repository.writeJson(`proofs/${proofName(record.provenAt)}.json`, record)
  return record
}

interface Measured extends MeasuredLoss {
  rtoSeconds: number | null
  compared: ProofRecord['compared']
  restoredTo: ProofRecord['restoredTo']
}

/** What the live server held, or why that is not known. */
type Contents = RecordedContents | { readonly unknown: string }

async function restoreAndCheck(
  options: ProofOptions,
  scratch: Scratch,
  disaster: Disaster,
  contents: Contents,
  list: Checklist,
  proof: Measured,
): Promise<void> {
  const { backup, repository, runAs, signal, report } = options
  const { view } = disaster
  report('restoring the base backup')
  await makePrivate(scratch.data, runAs)
  const onBytes = (bytes: number): void => report('restoring the base backup', bytes / backup.bytes)
  const tablespaces = new Map(backup.tablespaces.map(({ oid }) => [oid, `${scratch.path}/tablespace-${oid}`]))
  const files = await list.run('files', async () => {
    const unpacking = {
      repository,
      backup,
      into: scratch.data,
      tablespaces,
      runAs,
      signal,
      onBytes,
    }
    const { files, bytes } = await unpackBackup(unpacking)
    return { detail: `${counted(files, 'file')}, ${bytes} bytes, all as the manifest says` }
  })
  const timeline = view.currentTimeline
  const way = view.wayTo(timeline)
  const wal = await list.run('wal', () => {
    const row = walRow(view, backup, way)
    refuseGap(view, way, row.end)
    const detail = `${counted(row.segments, 'segment')} without a gap from ${backup.startLsn} to ${formatLsn(row.end)}`
    return Promise.resolve({ ...row, detail })
  })
  if (!files || !wal) return
  const server = {
    postgres: options.postgres,
    data: scratch.data,
    liveData: options.liveData,
    scratch: scratch.path,
    runAs,
    invoker: options.invoker,
    preload: await availablePreload(options.preload, options.postgres.bin),
    sharedBuffersBytes,
    signal,
  }
  await using feeder = await WalFeeder.start({ view, way, directory: `${scratch.path}/feed`, runAs })
  let compared: Compared | undefined
  let recovery: Recovery | undefined
  try {
    const recovered = await list.run('recovery', async () => {
      recovery = await Recovery.begin({
        server,
        feeder,
        view,
        timeline,
        way,
        backupTimeline: backup.timeline,
        end: wal.end,
      })
      report('replaying to the recorded point')
      if (!('unknown' in contents)) compared = await compareRecorded(recovery, contents, report)
      report('replaying the rest of the archive')
      await recovery.replayToEnd()
      const time = await recovery.lastCommitTime()
      const promoted = await recovery.promoteAtEnd()
      proof.rtoSeconds = round((performance.now() - disaster.clock) / 1000 - (compared?.seconds ?? 0))
      proof.restoredTo = { timeline, lsn: formatLsn(promoted.lsn), time }
      return {
        detail: `replayed to ${formatLsn(promoted.lsn)} on timeline ${timeline} and opened for writes`,
      }
    })
    if (recovered && recovery) {
      const judged = compared ? judgeContents(compared) : undefined
      proof.compared = judged?.compared ?? null
      list.checks.push(judged?.check ?? notCompared(contents))
      await measureLoss(recovery.server, disaster, list, proof)
      report('checking the restored copy')
      await checkCopy(recovery.server, options, compared, list)
    }
  } finally {
    await recovery?.[Symbol.asyncDispose]()
  }
}

type LeadUp =
  | { readonly ok: false; readonly detail: string }
  | {
      readonly ok: true
      readonly detail: string
      readonly contents: Contents
      readonly disaster: Disaster
    }

/** Records the contents and waits until the WAL that leads there is archived; commits go on until the disaster. */
async function leadUp(options: ProofOptions, live: LiveServer): Promise<LeadUp> {
  const { signal, budgetSeconds, report } = options
  try {
    await live.heartbeat.prepare()
    report('recording what the live server holds')
    const recorded = await recordContents({
      connect: (database) => live.connect(database),
      heartbeat: live.heartbeat,
      // The copy needs about as long as the live server.
      budgetSeconds: budgetSeconds / 2,
      signal,
    })
    return await assumeDisaster(options, live, recorded)
  } catch (error) {
    if (error instanceof DiagnosticError || signal.aborted) throw error
    // Gone in the middle, or one that cannot be asked, such as a server without its contrib modules.
    return await withoutLive(options, (error as Error).message)
  }
}

async function assumeDisaster(
  options: ProofOptions,
  live: LiveServer,
  recorded: RecordedContents,
): Promise<LeadUp> {
  const { repository, signal, report } = options
  report('waiting for the archive')
  const stop = new AbortController()
  let newest: Beat | undefined
  const beating = live.heartbeat.beatUntil(stop.signal, (beat) => (newest = beat))
  // awaited below; a server that dies meanwhile must not end this process
  beating.catch(() => undefined)
  try {
    const began = performance.now()
    const [archived] = await Promise.all([
      live.waitForArchived(recorded.upTo, repository, archiveTimeoutSeconds, signal),
      sleep(heartbeatMs, undefined, { signal }),
    ])
    const upTo = formatLsn(recorded.upTo)
    if (!archived) {
      const detail = `WAL up to ${upTo} was not archived within ${archiveTimeoutSeconds} s, so what is committed now would be lost; is the agent running?`
      return { ok: false, detail }
    }
    const waited = round((performance.now() - began) / 1000)
    report('assuming a disaster')
    // what was answered by now must be there; what is answered while the archive is being looked at may be
    const acknowledged = newest
    const { view, clock } = await freeze(options)
    stop.abort()
    await beating
    const at = await live.now()
    const detail = `WAL up to ${upTo} was archived within ${waited} s`
    return {
      ok: true,
      detail,
      contents: recorded,
      disaster: { view, at, acknowledged, clock },
    }
  } finally {
    stop.abort()
    await beating.catch(() => undefined)
  }
}

/** What there is to restore when nobody can be asked. */
async function withoutLive(options: ProofOptions, why?: string): Promise<LeadUp> {
  const { view, clock } = await freeze(options)
  const disaster = { view, clock, at: undefined, acknowledged: undefined }
  const unknown = `the live server ${why === undefined ? 'is down' : `could not be asked: ${why}`}`
  options.report(unknown)
  return { ok: true, detail: `${unknown}; the archive is taken as it is`, contents: { unknown }, disaster }
}

function notCompared(contents: Contents): ProofCheck {
  const detail = `not compared: ${'unknown' in contents ? contents.unknown : 'the copy did not come so far'}`
  return { name: 'contents', ok: false, inconclusive: true, detail, seconds: 0 }
}

async function freeze({ repository, backup }: ProofOptions): Promise<{ view: ArchiveView; clock: number }> {
  const view = await ArchiveView.freeze(repository, backup.walSegmentBytes)
  return { view, clock: performance.now() }
}

function refuseForeign({ live, backup }: ProofOptions): void {
  if (!live || live.systemId === backup.systemId) return
  throw new DiagnosticError(
    diagnose('RESTORE_OTHER_CLUSTER', {
      detail: `backup ${backup.id} is of cluster ${backup.systemId}, and the running server is cluster ${live.systemId}: comparing them proves nothing`,
      mend: mend.advice('set backups.repository to the repository of this cluster'),
      at: { path: 'backups.repository' },
    }),
  )
}

/** `20261121T031735123Z`: sorts by time, as the names of backups do. */
function proofName(provenAt: string): string {
  return provenAt.replaceAll(/[-:.]/g, '')
}
