import type { ClusterAccess } from '../cluster/access.ts'
import { configTakenUp } from '../cluster/config-taken-up.ts'
import { EtcdApi } from '../cluster/etcd-api.ts'
import { observeCluster } from '../cluster/observe-cluster.ts'
import { PatroniApi } from '../cluster/patroni-api.ts'
import { readDcs, type DcsContents } from '../cluster/read-dcs.ts'
import { whileClientsWait } from '../operations/clients-wait.ts'
import { hostOf, rowsOf, type OperationSite } from '../operations/cluster-operation.ts'
import { healingPolicy } from '../operations/rejoin/decide.ts'
import { healMembers } from '../operations/rejoin/heal-members.ts'
import type { UpOptions } from '../operations/up.ts'
import type { ClusterView } from '../plan/cluster-view.ts'
import { serversOf } from '../topology/topology.ts'

/** Somebody waits, and has put right what was wrong. */
const policy = { ...healingPolicy, patienceSeconds: 30 }

/** How bringing up looks at the cluster as a whole, and helps members that do not come back. */
export function clusterObserver(
  access: ClusterAccess,
  sites: readonly OperationSite[],
): NonNullable<UpOptions['cluster']> {
  let afresh = true
  // one command lasts for as long as these do not change: its lock keeps all others out
  let held: DcsContents = {}
  return {
    async observe() {
      const view = await observeCluster(access)
      // one that sees a leader is enough: the spec may name more members than there are
      if (!view.etcd.members.some(({ healthy }) => healthy)) return view
      if (held.systemId === undefined || held.listed === undefined) held = await readDcs(access)
      const { systemId, listed } = held
      return {
        ...view,
        etcd: { ...view.etcd, ...(listed === undefined ? {} : { listed }) },
        ...(systemId === undefined ? {} : { systemId }),
      }
    },
    async etcdHasQuorum() {
      return (await new EtcdApi(access).health()).quorum
    },
    async followers(primary) {
      const member = serversOf(access.topology).find(({ name }) => name === primary)
      const status = member && (await new PatroniApi(access, member).status().catch(() => undefined))
      return status?.replication?.flatMap(({ application_name: name, state }) =>
        state === 'streaming' && typeof name === 'string' ? [name] : [],
      )
    },
    configTakenUp: (signal) => configTakenUp(access, signal),
    whileClientsWait: (what, work, signal) => whileClientsWait({ access, signal }, what, work),
    async heal(view: ClusterView) {
      const result = await healMembers({
        access,
        view,
        policy,
        afresh,
        now: () => new Date(),
        askPrimary: async (question) =>
          view.leader === undefined ? [] : await rowsOf(hostOf(sites, view.leader), question),
      })
      afresh = false
      return result
    },
  }
}
