import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { requireNewest } from '../../backup/restore/abandoned-timeline.ts'
import type { Built } from '../../backup/restore/build-data.ts'
import { makePrivate } from '../../backup/restore/scratch.ts'
import { walSlot } from '../../backup/stream/wal-receiver.ts'
import { historyName } from '../../backup/wal-names.ts'
import { EtcdApi } from '../../cluster/etcd-api.ts'
import { findPrimary } from '../../cluster/find-primary.ts'
import { observeCluster } from '../../cluster/observe-cluster.ts'
import { DiagnosticError, diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import { memberNamed, serversOf } from '../../topology/topology.ts'
import { archiveTurn } from '../archive-turn.ts'
import { untilArchiverConnected } from '../archiver-connected.ts'
import { planOf } from '../cluster-operation.ts'
import type { OperationContext } from '../context.ts'
import { buildRestored } from '../restore-build.ts'
import { fromSoundBackup, type FromSoundBackup } from '../restore-fallback.ts'
import { lockRestore } from '../restore-lock.ts'
import { prepareRestore, stamp, type PreparedRestore, type RestoreRequest } from '../restore-plan.ts'
import { newestMember, readControls } from './controls.ts'
import { scopePrefix } from './dcs.ts'
import { decideClusterRestore, firstMember, type ClusterRestorePlan, type Server } from './decide.ts'
import { holdingClients } from './hold-clients.ts'
import { forgetKept, keptFile } from './kept-records.ts'
import {
  clusterWork,
  serverSite,
  serverSites,
  startServers,
  stopServers,
  type ClusterWork,
} from './members.ts'
import { beginReplacing, replaceAndStart } from './replace.ts'
import { abandon, settleBefore } from './resume.ts'
import { refuseWithoutRoomForAll } from './room.ts'
import { comingData, writeSwap, type ClusterSwap } from './swap-state.ts'
import { untilWhole } from './whole.ts'

/** What came back, and where what was there before is. */
export interface ClusterRestoreResult {
  /** The member that is the primary now, and its timeline. */
  readonly leader: string
  readonly timeline: number
  /** Up to where the restored data goes. */
  readonly lsn: string
  readonly kept: readonly { readonly member: string; readonly path: string }[]
  /** The record of what was put aside. */
  readonly record: string
  readonly seconds: number
  /** What is not as it should be, for all that the restored primary serves. */
  readonly findings: readonly Diagnostic[]
  /** Of a restore; left out when one was undone. */
  readonly backup?: string
  readonly time?: string | null
  readonly stoppedAtTarget?: boolean
}

/** Says what `runClusterRestore` would do; changes nothing. Throws DiagnosticError: the refusals, and what `prepareRestore` throws. */
export async function planClusterRestore(
  context: OperationContext,
  request: RestoreRequest,
): Promise<ClusterRestorePlan> {
  return (await prepare(context, clusterWork(context), request)).plan
}

interface Prepared {
  readonly plan: ClusterRestorePlan
  readonly restore: PreparedRestore
  readonly leader: string | undefined
  readonly stamp: string
  /** The context of the member that gets the data. */
  readonly firstContext: OperationContext
}

async function prepare(
  context: OperationContext,
  { access }: ClusterWork,
  request: RestoreRequest,
): Promise<Prepared> {
  const { topology, now } = context
  const view = await observeCluster(access)
  const servers = serversOf(topology).map(({ name, paths }): Server => ({ name, data: paths.data }))
  const first = firstMember(view, servers)
  const firstContext = { ...context, member: memberNamed(topology, first.name) }
  const at = stamp(now())
  const restore = await prepareRestore(firstContext, request)
  await refuseWithoutRoomForAll(servers, restore.backup.bytes)
  const plan = planOf(
    decideClusterRestore({
      view,
      paused: view.paused || (await pausedInEtcd(context, access)),
      servers,
      first,
      stamp: at,
      restore: restore.plan,
      record: keptFile(context, at),
      latest: request.to === 'latest',
    }),
  )
  return { plan, restore, leader: view.leader, stamp: at, firstContext }
}

/** Patroni says it as well, when one runs. */
export async function pausedInEtcd(
  { spec }: OperationContext,
  access: ClusterWork['access'],
): Promise<boolean> {
  const config = await new EtcdApi(access).get(`${scopePrefix(spec.name)}config`).catch(() => undefined)
  return config !== undefined && (JSON.parse(config) as { pause?: unknown } | null)?.pause === true
}

/**
 * Restores the whole cluster: the restored data directory is built beside that of one member, while the cluster goes on
 * when the target is a moment of the past; then every member is stopped and its data put aside, etcd forgets the old
 * cluster, that member becomes the primary and the others are cloned from it.
 *
 * @throws DiagnosticError LOCKED, RESTORE_*, BACKUP_*. Up to the moves the cluster is as it was after a failure; later a
 * `pgherd up` goes on (RESTORE_UNFINISHED, RESTORE_NOT_LED).
 */
export async function runClusterRestore(
  context: OperationContext,
  request: RestoreRequest,
): Promise<ClusterRestoreResult> {
  const began = performance.now()
  using _locks = await lockRestore(context)
  const work = clusterWork(context)
  await settleBefore(context, work)
  const prepared = await prepare(context, work, request)
  const { plan } = prepared
  const { built, prepared: chosen, passedOver } = await carryOut(context, work, request, prepared)
  const finding = await untilWhole(work)
  const { leader, members } = await observeCluster(work.access)
  return {
    leader: leader ?? plan.first,
    timeline: members.find(({ name }) => name === leader)?.timeline ?? built.timeline,
    lsn: built.lsn,
    kept: keptOf(plan),
    record: plan.record,
    seconds: Math.round(performance.now() - began) / 1000,
    findings: [...passedOver, ...plan.findings, ...(finding ? [finding] : [])],
    backup: chosen.backup.id,
    time: built.time,
    stoppedAtTarget: built.stoppedAtTarget,
  }
}

/** Those of them that are there. */
export function keptOf({ moves }: ClusterRestorePlan): ClusterRestoreResult['kept'] {
  return moves.filter(({ kept }) => existsSync(kept)).map(({ member, kept }) => ({ member, path: kept }))
}

async function carryOut(
  context: OperationContext,
  work: ClusterWork,
  request: RestoreRequest,
  prepared: Prepared,
): Promise<FromSoundBackup<Built>> {
  const { restore, leader, plan, firstContext } = prepared
  let swap = swapFor(context, prepared, restore)
  let stopped = false
  let building = true
  const build = (first: PreparedRestore) =>
    fromSoundBackup(
      firstContext,
      request,
      first,
      async (chosen) => {
        swap = swapFor(context, prepared, chosen)
        writeSwap(context, swap)
        return await buildAside(firstContext, chosen, swap)
      },
      () => abandon(context, swap),
    )
  try {
    // For a moment of the past the cluster can go on meanwhile.
    const early = request.to === 'latest' ? undefined : await build(restore)
    if (!early) await archiverConnected(context, work)
    return await holdingClients(work, 'pgherd restore', context.spec.pooler.queryWait * 1000, async () => {
      work.report('stopping the members')
      stopped = true
      await stopServers(work)
      const sound = early ?? (await build(await prepareNewest(prepared, request)))
      await refuseOvertaken(context, sound.built.timeline)
      const controls = await readControls(context.topology)
      const newest = memberNamed(context.topology, newestMember(controls, leader) ?? plan.first)
      const replacing = await beginReplacing(context, work, swap, {
        stamp: prepared.stamp,
        replacedBy: `a restore to ${restore.plan.target}`,
        leader,
      })
      // after the record: after a crash the archive must not know the new timeline without the cluster
      const { repository, backup } = sound.prepared
      await archiveTurn(repository, backup.walSegmentBytes, sound.built, newest.paths.data)
      building = false
      await replaceAndStart(context, work, replacing)
      return sound
    })
  } catch (error) {
    if (building) {
      await abandon(context, swap)
      await forgetKept(context, prepared.stamp)
      if (stopped) await startServers(serverSites(work))
    }
    throw error
  }
}

function swapFor(
  context: OperationContext,
  { plan, stamp: at }: Prepared,
  { backup }: PreparedRestore,
): ClusterSwap {
  return {
    step: 'building',
    kind: 'restore',
    first: plan.first,
    moves: plan.moves,
    tablespaces: backup.tablespaces.map(({ location }) => `${location}.restored-${at}`),
    startedAt: context.now().toISOString(),
  }
}

/** With no primary there is nobody to connect to. */
async function archiverConnected(context: OperationContext, work: ClusterWork): Promise<void> {
  const leader = (await findPrimary(work.access))?.name
  const home = work.sites.find(({ member }) => member.name === context.member.name)
  if (leader === undefined || !home) return
  await untilArchiverConnected(home.host, serverSite(work, leader).host, context)
}

/** What the archive ends with once nobody writes any more. Throws DiagnosticError RESTORE_ARCHIVE_BEHIND. */
async function prepareNewest(
  { firstContext, leader }: Prepared,
  request: RestoreRequest,
): Promise<PreparedRestore> {
  const prepared = await prepareRestore(firstContext, request)
  if (request.timeline !== undefined) return prepared
  const servers = serversOf(firstContext.topology)
  for (const { paths } of servers) await requireNewest(paths.data, prepared.plan.timeline, prepared.end)
  const controls = await readControls(firstContext.topology)
  if (leader !== undefined && controls.get(leader)?.shutDown === false) throw notShutDown(leader)
  return prepared
}

async function buildAside(
  firstContext: OperationContext,
  prepared: PreparedRestore,
  swap: ClusterSwap,
): Promise<Built> {
  const coming = comingData(swap)
  await makePrivate(coming, firstContext.facts.runAs)
  const places = new Map(
    prepared.backup.tablespaces.map(({ oid }, index) => [oid, swap.tablespaces[index] ?? '']),
  )
  return await buildRestored(firstContext, prepared, coming, places, walSlot)
}

/** A standby that was promoted meanwhile has taken the number of the timeline that was built. */
async function refuseOvertaken({ topology }: OperationContext, timeline: number): Promise<void> {
  const controls = await readControls(topology)
  const overtaken = serversOf(topology).find(
    ({ name, paths }) =>
      (controls.get(name)?.timeline ?? 0) >= timeline ||
      existsSync(join(paths.data, 'pg_wal', historyName(timeline))),
  )
  if (!overtaken) return
  throw new DiagnosticError(
    diagnose('RESTORE_OVERTAKEN', {
      detail: `${overtaken.name} was promoted to timeline ${timeline} while the restored data was being built on a timeline of the same number; nothing was changed`,
      mend: mend.advice('run the restore again'),
      at: { member: overtaken.name },
    }),
  )
}

function notShutDown(leader: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('RESTORE_ARCHIVE_BEHIND', {
      detail: `${leader} did not shut down in order, so nobody knows whether its newest commits are in the archive`,
      mend: mend.advice(
        'run it again; or name a moment that is known to be archived (--to lsn:... or a time), and lose what came after',
      ),
      at: { member: leader },
    }),
  )
}
