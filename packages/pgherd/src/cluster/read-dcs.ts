import type { EtcdView } from '../plan/cluster-view.ts'
import { serversOf } from '../topology/topology.ts'
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
 * Who holds the leader lock, asked of etcd itself: Patroni may answer from a copy that is out of date (3.0.2,
 * dcs/etcd3.py, KVCache). Undefined when nobody does. Every endpoint is asked alone, so that one that swallows what it
 * is sent holds up nobody. Throws AggregateError when a majority cannot be asked.
 */
export async function lockHolder(access: ClusterAccess): Promise<string | undefined> {
  const etcd = new EtcdApi(access)
  const { name } = access.topology.spec
  return await Promise.any(
    serversOf(access.topology).map(({ address, ports }) =>
      etcd.get(`/service/${name}/leader`, [`https://${address}:${ports.etcdClient}`]),
    ),
  )
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
