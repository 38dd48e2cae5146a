import type { EtcdView } from '../plan/cluster-view.ts'
import type { ClusterAccess } from './access.ts'
import { EtcdApi } from './etcd-api.ts'

/** What etcd itself holds of a cluster: no Patroni has to run to say it. */
export interface DcsContents {
  /** System identifier of the database etcd belongs to; undefined before the bootstrap. */
  readonly systemId?: string
  /** Members of etcd; undefined when it did not say. */
  readonly listed?: EtcdView['listed']
}

/**
 * Reads it. Parts that etcd does not tell are left out, as without a majority; never throws. The key is Patroni's
 * (patroni/dcs/__init__.py, `initialize`), empty while a member is at the bootstrap.
 */
export async function readDcs(access: ClusterAccess): Promise<DcsContents> {
  const etcd = new EtcdApi(access)
  const [initialize, listed] = await Promise.allSettled([
    etcd.get(`/service/${access.topology.spec.name}/initialize`),
    etcd.members(),
  ])
  const systemId = initialize.status === 'fulfilled' ? initialize.value : undefined
  return {
    ...(systemId ? { systemId } : {}),
    ...(listed.status === 'fulfilled' ? { listed: listed.value } : {}),
  }
}
