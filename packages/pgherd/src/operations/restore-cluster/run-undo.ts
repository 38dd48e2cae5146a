import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { configuredPreload } from '../../backup/restore/preload.ts'
import { promoteKept, type Promoted } from '../../backup/restore/promote-kept.ts'
import { ArchiveView } from '../../backup/restore/archive-view.ts'
import { Scratch } from '../../backup/restore/scratch.ts'
import { readControl } from '../../backup/restore/temporary-server.ts'
import type { Repository } from '../../backup/repository.ts'
import { walSlot } from '../../backup/stream/wal-receiver.ts'
import { historyName } from '../../backup/wal-names.ts'
import { observeCluster } from '../../cluster/observe-cluster.ts'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { memberNamed, serversOf } from '../../topology/topology.ts'
import { archiveTurn } from '../archive-turn.ts'
import { planOf } from '../cluster-operation.ts'
import type { OperationContext } from '../context.ts'
import { openRepositoryOf } from '../open-repository.ts'
import { lockRestore } from '../restore-lock.ts'
import { stamp } from '../restore-plan.ts'
import { newestMember, readControls } from './controls.ts'
import { decideUndo, undoable, type ClusterRestorePlan, type Server } from './decide.ts'
import { holdingClients } from './hold-clients.ts'
import { forgetKept, keptClusters, keptFile, type KeptCluster } from './kept-records.ts'
import { clusterWork, serverSites, startServers, stopServers, type ClusterWork } from './members.ts'
import { beginReplacing, replaceAndStart } from './replace.ts'
import { abandon, settleBefore } from './resume.ts'
import { keptOf, pausedInEtcd, type ClusterRestoreResult } from './run-restore.ts'
import { comingData, writeSwap, type ClusterSwap } from './swap-state.ts'
import { untilWhole } from './whole.ts'

interface PreparedUndo {
  readonly plan: ClusterRestorePlan
  readonly kept: KeptCluster
  readonly leader: string | undefined
  readonly stamp: string
}

/** Says what `runUndo` would do; changes nothing. Throws DiagnosticError RESTORE_NOTHING_TO_UNDO and the refusals. */
export async function planUndo(context: OperationContext): Promise<ClusterRestorePlan> {
  return (await prepare(context, clusterWork(context))).plan
}

async function prepare(context: OperationContext, { access }: ClusterWork): Promise<PreparedUndo> {
  const view = await observeCluster(access)
  const servers = serversOf(context.topology).map(({ name, paths }): Server => ({ name, data: paths.data }))
  const records = await keptClusters(context)
  const paths = records.flatMap(({ members }) => members.map(({ kept }) => kept))
  const present = new Set(paths.filter((path) => existsSync(path)))
  const kept = undoable(records, servers, present)
  if (!kept) throw nothingToUndo(records[0])
  const at = stamp(context.now())
  const plan = planOf(
    decideUndo({
      view,
      paused: view.paused || (await pausedInEtcd(context, access)),
      servers,
      kept,
      present,
      stamp: at,
      record: keptFile(context, at),
    }),
  )
  return { plan, kept, leader: view.leader, stamp: at }
}

/**
 * Brings back the cluster that the last restore, or the last undoing of one, has put aside; what is there now is put aside in
 * its turn, so that this can be undone as well. Its data goes on on a timeline of its own: the archive already has what
 * was written since. The other members follow with the data they had, or are cloned where it is gone.
 *
 * @throws DiagnosticError LOCKED, RESTORE_*, BACKUP_*. Up to the moves the cluster is as it was after a failure; later a
 * `pgherd up` goes on (RESTORE_UNFINISHED, RESTORE_NOT_LED).
 */
export async function runUndo(context: OperationContext): Promise<ClusterRestoreResult> {
  const began = performance.now()
  using _locks = await lockRestore(context)
  const work = clusterWork(context)
  await settleBefore(context, work)
  const prepared = await prepare(context, work)
  const { plan, kept } = prepared
  const swap: ClusterSwap = {
    step: 'building',
    kind: 'undo',
    first: plan.first,
    moves: plan.moves,
    tablespaces: [],
    startedAt: context.now().toISOString(),
  }
  const promoted = await carryOut(context, work, prepared, swap)
  // its directories are in their place again
  await forgetKept(context, kept.stamp)
  const finding = await untilWhole(work)
  const { leader, members } = await observeCluster(work.access)
  return {
    leader: leader ?? plan.first,
    timeline: members.find(({ name }) => name === leader)?.timeline ?? promoted.timeline,
    lsn: promoted.lsn,
    kept: keptOf(plan),
    record: plan.record,
    seconds: Math.round(performance.now() - began) / 1000,
    findings: [...plan.findings, ...(finding ? [finding] : [])],
  }
}

async function carryOut(
  context: OperationContext,
  work: ClusterWork,
  prepared: PreparedUndo,
  swap: ClusterSwap,
): Promise<Promoted> {
  const { kept, leader } = prepared
  const repository = await openRepositoryOf({ ...context, member: memberNamed(context.topology, swap.first) })
  let reversible = true
  try {
    return await holdingClients(
      work,
      'pgherd restore --undo',
      context.spec.pooler.queryWait * 1000,
      async () => {
        work.report('stopping the members')
        await stopServers(work)
        writeSwap(context, swap)
        work.report(`putting the kept data of ${swap.first} on a timeline of its own`)
        const { walSegmentBytes } = await readControl(comingData(swap))
        const promoted = await promoteComing(context, repository, walSegmentBytes, swap)
        const controls = await readControls(context.topology)
        const newest = memberNamed(context.topology, newestMember(controls, leader) ?? swap.first)
        const replacing = await beginReplacing(context, work, swap, {
          stamp: prepared.stamp,
          replacedBy: `the undoing of ${kept.replacedBy}`,
          leader,
        })
        await archiveTurn(repository, walSegmentBytes, promoted, newest.paths.data)
        reversible = false
        await replaceAndStart(context, work, replacing)
        return promoted
      },
    )
  } catch (error) {
    if (reversible) {
      await abandon(context, swap)
      await forgetKept(context, prepared.stamp)
      await startServers(serverSites(work))
    }
    throw error
  }
}

async function promoteComing(
  { topology, facts, signal }: OperationContext,
  repository: Repository,
  segmentBytes: number,
  swap: ClusterSwap,
): Promise<Promoted> {
  const { paths } = memberNamed(topology, swap.first)
  await using scratch = await Scratch.make(paths.scratch, 'restore', facts.runAs)
  return await promoteKept({
    data: comingData(swap),
    liveData: paths.data,
    histories: await knownHistories(topology, repository, segmentBytes),
    scratch,
    postgres: facts.postgres,
    runAs: facts.runAs,
    invoker: facts.invoker,
    preload: await configuredPreload(paths.config),
    sharedBuffersBytes: 64 * 2 ** 20,
    slot: walSlot,
    signal,
  })
}

/** The history of every timeline there is: in the archive, or not yet there and on a member. */
async function knownHistories(
  topology: OperationContext['topology'],
  repository: Repository,
  segmentBytes: number,
): Promise<ReadonlyMap<number, Buffer>> {
  const known = new Map<number, Buffer>()
  for (const { paths } of serversOf(topology)) {
    const directory = join(paths.data, 'pg_wal')
    for (const name of await readdir(directory).catch(() => []))
      if (/^[0-9A-F]{8}\.history$/.test(name))
        known.set(Number.parseInt(name, 16), await readFile(join(directory, name)))
  }
  const view = await ArchiveView.freeze(repository, segmentBytes)
  for (const timeline of view.histories.keys()) known.set(timeline, await view.read(historyName(timeline)))
  return known
}

function nothingToUndo(last: KeptCluster | undefined): DiagnosticError {
  return new DiagnosticError(
    diagnose('RESTORE_NOTHING_TO_UNDO', {
      detail: last
        ? `the data that ${last.replacedBy} put aside (${last.stamp}) is not there any more`
        : 'no restore has put a cluster aside here',
      mend: last
        ? mend.run('pgherd', 'restore', '--to', 'latest', '--timeline', String(last.timeline), '--in-place')
        : mend.run('pgherd', 'status'),
    }),
  )
}
