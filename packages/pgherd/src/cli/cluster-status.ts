import { clusterMember, type ClusterStatus, type StatusDocument } from '../agent/status-document.ts'
import { slotProbe, type Slot } from '../checks/slot-lost.ts'
import type { ClusterAccess } from '../cluster/access.ts'
import { observeCluster } from '../cluster/observe-cluster.ts'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { look } from '../operations/up.ts'
import type { ClusterView } from '../plan/cluster-view.ts'
import type { Session } from './session.ts'

/** Looks at the parts of a cluster now, and not as the agent last saw them. Never throws for a part that is away. */
export async function readClusterStatus(
  session: Session,
  access: ClusterAccess,
): Promise<Required<Pick<StatusDocument, 'members' | 'cluster'>>> {
  const [view, drift] = await Promise.all([observeCluster(access), readDrift(session)])
  return {
    members: view.members.map((each) => clusterMember(each, session.facts.postgres)),
    cluster: clusterStatus(view, await readSlots(session, view.leader), drift),
  }
}

/** The document of what was seen. Pure. */
export function clusterStatus(
  view: ClusterView,
  slots: readonly Slot[] | null,
  drift: ClusterStatus['drift'],
): ClusterStatus {
  const { leader, members, etcd, synchronous, paused, failsafeActive, routes, pools } = view
  return {
    leader: leader ?? null,
    members: members.map(({ name, role, state, pendingRestart, patroniVersion }) => ({
      name,
      role,
      state,
      pendingRestart,
      patroniVersion: patroniVersion ?? null,
    })),
    etcd: {
      quorum: etcd.quorum,
      members: etcd.members.map(({ name, healthy, leader: leads }) => ({ name, healthy, leader: leads })),
    },
    synchronous,
    paused,
    failsafeActive,
    routes,
    pools,
    slots,
    drift,
  }
}

/** Of the primary; null when it cannot be asked. */
async function readSlots({ sites }: Session, leader: string | undefined): Promise<readonly Slot[] | null> {
  const site = sites.find(({ member }) => member.name === leader)
  return (await site?.host.probe(slotProbe).catch(() => null)) ?? null
}

/** What somebody changed by hand; null when it cannot be told, such as while nobody leads. */
async function readDrift({ up }: Session): Promise<ClusterStatus['drift']> {
  try {
    const { plan } = await look(up)
    return plan.steps
      .filter(({ cause }) => cause === 'drift')
      .map(({ member, title, because }) => ({ member, title, because }))
  } catch (error) {
    if (error instanceof DiagnosticError) return null
    throw error
  }
}
