import { existsSync } from 'node:fs'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requireNewest } from '../backup/restore/abandoned-timeline.ts'
import type { Built } from '../backup/restore/build-data.ts'
import { intoNote, unfinishedNote, noteName } from '../backup/restore/restore-note.ts'
import { makePrivate, makeReachable, sweep } from '../backup/restore/scratch.ts'
import {
  abandon,
  exchange,
  resumeSwap,
  SwapJournal,
  type Resumed,
  type SwapState,
} from '../backup/restore/swap.ts'
import { walSlot } from '../backup/stream/wal-receiver.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { giveTo } from '../hosts/run-as.ts'
import { archiveTurn } from './archive-turn.ts'
import type { OperationContext } from './context.ts'
import { buildRestored } from './restore-build.ts'
import { fromSoundBackup, type FromSoundBackup } from './restore-fallback.ts'
import { lockRestore } from './restore-lock.ts'
import {
  prepareRestore,
  stamp,
  type PreparedRestore,
  type RestorePlan,
  type RestoreRequest,
} from './restore-plan.ts'

export interface RestoreHooks {
  /** Before the server is stopped for its newest state: waits until the archiver is there to be sent all of it. */
  beforeNewest?(): Promise<void>
  /** Stops the server's unit and keeps it stopped; fine when it is stopped already. */
  stopServer(): Promise<void>
  /** Starts it again and waits until it takes connections. */
  startServer(): Promise<void>
}

export interface RestoreResult {
  readonly backup: string
  /** The data directory with the restored data. */
  readonly data: string
  /** Where the data directory from before is kept, if there was one; nobody deletes it but the user. */
  readonly keptAs?: string
  /** The new timeline and where it begins. */
  readonly timeline: number
  readonly lsn: string
  /** Server clock of the newest restored commit; null when the backup needed no further WAL. */
  readonly time: string | null
  /** False when nothing had been committed between the target and the end of the archive. */
  readonly stoppedAtTarget: boolean
  readonly seconds: number
  readonly warnings: readonly Diagnostic[]
}

/** Says what `runRestore` would do; changes nothing. Throws what `prepareRestore` throws. */
export async function planRestore(context: OperationContext, request: RestoreRequest): Promise<RestorePlan> {
  return (await prepareRestore(context, request)).plan
}

/**
 * Restores the database. Into a directory: a complete data directory with a note on how to start it; the running
 * database is left alone. In place: the new data directory is built beside the present one, the server is stopped, the
 * two are exchanged, and the server is started on it; the present one is kept under a new name.
 *
 * Recovery happens in a private server until it is promoted and cleanly shut down, so no recovery setting is left over,
 * and the public server starts as after any shutdown. Where a backup turns out to be damaged, an older one is taken.
 *
 * @throws DiagnosticError LOCKED, RESTORE_*, BACKUP_*. After a failure the database is as it was before.
 */
export async function runRestore(
  context: OperationContext,
  request: RestoreRequest,
  hooks?: RestoreHooks,
): Promise<RestoreResult> {
  const began = performance.now()
  using _locks = await lockRestore(context)
  await resumeSwap(journalOf(context))
  // Refused before anything is stopped.
  const first = await prepareRestore(context, request)
  const { built, prepared, passedOver } =
    request.mode === 'in-place'
      ? await replaceData(context, request, first, expectHooks(hooks))
      : await fromSoundBackup(
          context,
          request,
          first,
          (chosen) => fillDirectory(context, chosen),
          () => Promise.resolve(),
        )
  return {
    backup: prepared.plan.backup,
    data: prepared.plan.data,
    ...(built.keptAs !== undefined && { keptAs: built.keptAs }),
    timeline: built.timeline,
    lsn: built.lsn,
    time: built.time,
    stoppedAtTarget: built.stoppedAtTarget,
    seconds: Math.round(performance.now() - began) / 1000,
    warnings: [...passedOver, ...prepared.plan.warnings],
  }
}

/**
 * Finishes or undoes a restore in place that was interrupted by a crash. To be called by `up` before anything else looks
 * at the data directory. Throws DiagnosticError LOCKED while a restore runs, RESTORE_UNFINISHED.
 */
export async function resumeRestore(context: Pick<OperationContext, 'member' | 'facts'>): Promise<Resumed> {
  const journal = journalOf(context)
  if (!(await journal.read())) return 'nothing'
  using _locks = await lockRestore(context)
  const resumed = await resumeSwap(journal)
  const { scratch } = context.member.paths
  await makePrivate(scratch, context.facts.runAs)
  await sweep(scratch)
  return resumed
}

function journalOf({ member, facts }: Pick<OperationContext, 'member' | 'facts'>): SwapJournal {
  return new SwapJournal(member.paths.run, facts.runAs)
}

function expectHooks(hooks: RestoreHooks | undefined): RestoreHooks {
  if (hooks) return hooks
  throw new Error('a restore in place needs to stop and start the server')
}

type Done = Built & { readonly keptAs?: string }

async function replaceData(
  context: OperationContext,
  request: RestoreRequest,
  first: PreparedRestore,
  hooks: RestoreHooks,
): Promise<FromSoundBackup<Done>> {
  const { member, facts, report, now } = context
  const journal = journalOf(context)
  let stopped = false
  const stop = async (): Promise<void> => {
    if (stopped) return
    report('stopping the server')
    await hooks.stopServer()
    stopped = true
  }
  const at = stamp(now())
  const stateFor = ({ backup }: PreparedRestore): SwapState => ({
    step: 'building',
    data: member.paths.data,
    building: `${member.paths.data}.restore-${at}`,
    kept: first.plan.keptAs ?? `${member.paths.data}.before-restore-${at}`,
    tablespaces: backup.tablespaces.map(({ location }) => `${location}.restored-${at}`),
    startedAt: now().toISOString(),
  })
  let state = stateFor(first)
  const build = async (chosen: PreparedRestore): Promise<Built> => {
    state = stateFor(chosen)
    journal.write(state)
    await makePrivate(state.building, facts.runAs)
    const { tablespaces } = state
    const places = new Map(chosen.backup.tablespaces.map(({ oid }, index) => [oid, tablespaces[index] ?? '']))
    return await buildRestored(context, chosen, state.building, places, walSlot)
  }
  let sound: FromSoundBackup<Built>
  try {
    // The newest state exists only once nothing is written any more; for a moment of the past the server can go on.
    if (request.to === 'latest') {
      await hooks.beforeNewest?.()
      await stop()
    }
    const newest = request.to === 'latest' ? await prepareRestore(context, request) : first
    if (request.to === 'latest' && request.timeline === undefined)
      await requireNewest(state.data, newest.plan.timeline, newest.end)
    sound = await fromSoundBackup(context, request, newest, build, () => abandon(state))
    await stop()
    // Before the archive is told of the new timeline: after a crash the one must not be known without the other.
    journal.write({ ...state, step: 'swapping' })
    const { repository, backup } = sound.prepared
    await archiveTurn(repository, backup.walSegmentBytes, sound.built, state.data)
  } catch (error) {
    await abandon(state)
    await journal.clear()
    // without a data directory nothing would come up, and what went wrong here would not be told
    if (stopped && existsSync(state.data)) await hooks.startServer()
    throw error
  }
  report('exchanging the data directories')
  const kept = existsSync(state.data)
  await exchange(state)
  await journal.clear()
  report('starting the server')
  await hooks.startServer()
  return { ...sound, built: { ...sound.built, ...(kept && { keptAs: state.kept }) } }
}

async function fillDirectory(context: OperationContext, prepared: PreparedRestore): Promise<Done> {
  const { facts } = context
  const { data } = prepared.plan
  const made = await makeReachable(data, facts.runAs)
  const places = new Map(prepared.backup.tablespaces.map(({ oid }) => [oid, `${data}.tablespaces/${oid}`]))
  const note = join(data, noteName)
  try {
    await writeFile(note, unfinishedNote)
    if (places.size > 0) await makePrivate(`${data}.tablespaces`, facts.runAs)
    const built = await buildRestored(context, prepared, data, places)
    await writeFile(
      note,
      intoNote({
        data,
        runAs: facts.runAs,
        postgres: facts.postgres,
        backup: prepared.plan.backup,
        ...built,
      }),
    )
    await giveTo(note, facts.runAs)
    return built
  } catch (error) {
    for (const name of await readdir(data)) await rm(join(data, name), { recursive: true, force: true })
    if (made !== undefined) await rm(made, { recursive: true })
    await rm(`${data}.tablespaces`, { recursive: true, force: true })
    throw error
  }
}
