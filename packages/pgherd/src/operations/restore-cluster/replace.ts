import { EtcdApi } from '../../cluster/etcd-api.ts'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { OperationContext } from '../context.ts'
import { newestMember, readControls } from './controls.ts'
import { forgetCluster, scopePrefix } from './dcs.ts'
import { writeKept } from './kept-records.ts'
import { renewLoginRoles } from './login-roles.ts'
import { serverSite, serverSites, startServers, stopServers, type ClusterWork } from './members.ts'
import { moveData } from './moves.ts'
import { clearSwap, writeSwap, type ClusterSwap } from './swap-state.ts'
import { untilLeads } from './whole.ts'

const etcdMs = 5000

/**
 * Puts on record what is about to be put aside, with all that etcd knows of it, and that there is no way back but forward.
 * Every server must be stopped.
 */
export async function beginReplacing(
  context: OperationContext,
  work: ClusterWork,
  swap: ClusterSwap,
  kept: { readonly stamp: string; readonly replacedBy: string; readonly leader: string | undefined },
): Promise<ClusterSwap> {
  const { topology } = context
  const controls = await readControls(topology)
  const newest = newestMember(controls, kept.leader)
  await writeKept(context, {
    stamp: kept.stamp,
    replacedBy: kept.replacedBy,
    newest: newest ?? swap.first,
    timeline: controls.get(newest ?? '')?.timeline ?? 0,
    members: swap.moves.map(({ member, kept: path }) => ({ member, kept: path })),
    dcs: await new EtcdApi(work.access, { timeoutMs: etcdMs }).list(scopePrefix(topology.spec.name)),
  })
  const next: ClusterSwap = { ...swap, step: 'replacing' }
  writeSwap(context, next)
  return next
}

/**
 * Goes on from `replacing` to a cluster that has its primary: moves the data directories of the stopped members, has etcd
 * forget the old cluster, and starts the first member, then the others, which are cloned. Each part can be repeated, so that
 * this can be called again after a crash at any point. Throws DiagnosticError RESTORE_UNFINISHED, RESTORE_NOT_LED.
 *
 * @param leadMs how long the first member may take to lead
 */
export async function replaceAndStart(
  context: OperationContext,
  work: ClusterWork,
  swap: ClusterSwap,
  leadMs?: number,
): Promise<void> {
  try {
    if (swap.step === 'replacing') await replaceData(context, work, swap)
    await startAnew(context, work, swap.first, leadMs)
  } catch (error) {
    if (error instanceof DiagnosticError && error.diagnostics.some(({ code }) => ownCodes.includes(code)))
      throw error
    throw new DiagnosticError(
      diagnose('RESTORE_UNFINISHED', {
        detail: `the cluster is between its old data and the new: ${error instanceof Error ? error.message : String(error)}. Nothing has been deleted, and "pgherd up" goes on from here`,
        mend: mend.run('pgherd', 'up'),
      }),
      { cause: error },
    )
  }
  await clearSwap(context)
}

const ownCodes: readonly string[] = ['RESTORE_UNFINISHED', 'RESTORE_NOT_LED']

async function replaceData(context: OperationContext, work: ClusterWork, swap: ClusterSwap): Promise<void> {
  const { topology } = context
  // also when they were stopped before: somebody may have started them since a crash
  await stopServers(work)
  work.report('moving the data directories')
  for (const move of swap.moves) await moveData(serverSite(work, move.member).host, move)
  work.report('having etcd forget the old cluster')
  const control = (await readControls(topology)).get(swap.first)
  if (!control) throw new Error(`the data of ${swap.first} cannot be read`)
  const etcd = new EtcdApi(work.access, { timeoutMs: etcdMs })
  await forgetCluster(etcd, scopePrefix(topology.spec.name), control.systemId)
  writeSwap(context, { ...swap, step: 'starting' })
}

/** The others start when the first leads: without data they would wait for it, or, were etcd empty, make a new database. */
async function startAnew(
  context: OperationContext,
  work: ClusterWork,
  first: string,
  leadMs?: number,
): Promise<void> {
  const site = serverSite(work, first)
  work.report(`starting ${first}`)
  await startServers([site])
  await untilLeads(work, first, leadMs)
  await renewLoginRoles(site.host, (id) => context.readSecret(id))
  await startServers(serverSites(work).filter((each) => each !== site))
}
