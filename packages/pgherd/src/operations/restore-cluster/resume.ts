import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { stopOrphan, sweep } from '../../backup/restore/scratch.ts'
import type { Resumed } from '../../backup/restore/swap.ts'
import { memberNamed } from '../../topology/topology.ts'
import type { OperationContext } from '../context.ts'
import { lockRestore } from '../restore-lock.ts'
import { clusterWork, ensureEtcd, serverSites, startServers, type ClusterWork } from './members.ts'
import { replaceAndStart } from './replace.ts'
import { clearSwap, comingData, readSwap, type ClusterSwap } from './swap-state.ts'
import { untilWhole } from './whole.ts'

/**
 * Finishes or undoes a restore of the cluster that was cut off. To be called by `up` before anything else looks at the
 * members. Throws DiagnosticError LOCKED while a restore runs, RESTORE_UNFINISHED, RESTORE_NOT_LED.
 */
export async function resumeClusterRestore(context: OperationContext): Promise<Resumed> {
  const swap = await readSwap(context)
  if (!swap) return 'nothing'
  using _locks = await lockRestore(context)
  if (swap.step === 'building') {
    await abandon(context, swap)
    return 'rolled-back'
  }
  const work = clusterWork(context)
  await goForward(context, work, swap)
  // a member that is being cloned has no data that could be made sense of; what is wrong for good, `up` says
  await untilWhole(work)
  return 'finished'
}

/** A start that has not come about before is not waited for long when all is about to be replaced again, in milliseconds. */
const briefly = 20_000

/** The same before another restore, which has the locks: a cluster that does not come up is no hindrance to that. */
export async function settleBefore(context: OperationContext, work: ClusterWork): Promise<Resumed> {
  const swap = await readSwap(context)
  if (!swap) return 'nothing'
  if (swap.step === 'building') {
    await abandon(context, swap)
    await startServers(serverSites(work))
    return 'rolled-back'
  }
  await goForward(context, work, swap, briefly).catch(async (error: unknown) => {
    if ((await readSwap(context))?.step !== 'starting') throw error
    await clearSwap(context)
  })
  return 'finished'
}

async function goForward(
  context: OperationContext,
  work: ClusterWork,
  swap: ClusterSwap,
  leadMs?: number,
): Promise<void> {
  // it is not to be cut off half way a second time
  const steady = { ...work, signal: new AbortController().signal }
  await ensureEtcd(steady)
  await replaceAndStart(context, steady, swap, leadMs)
}

/**
 * Takes back what was begun: the cluster has not been touched. What the undoing of a restore has put back on its feet stays
 * where it is kept.
 */
export async function abandon(context: OperationContext, swap: ClusterSwap): Promise<void> {
  const coming = comingData(swap)
  await stopOrphan(coming)
  if (swap.kind === 'restore')
    for (const path of [coming, ...swap.tablespaces])
      await rm(path, { recursive: true, force: true, maxRetries: 3 })
  const { scratch } = memberNamed(context.topology, swap.first).paths
  if (existsSync(scratch)) await sweep(scratch)
  await clearSwap(context)
}
