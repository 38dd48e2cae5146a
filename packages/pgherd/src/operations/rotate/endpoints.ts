import { isCluster, type Member, type Topology } from '../../topology/topology.ts'
import type { Endpoint } from './served-certificate.ts'

/** Everything of a member that serves its certificate. */
export function endpointsOf(topology: Topology, { kind, address, ports }: Member): readonly Endpoint[] {
  const at = (what: string, port: number, opening: Endpoint['opening'] = 'tls'): Endpoint => ({
    what,
    address,
    port,
    opening,
  })
  if (kind === 'gateway')
    return [
      at('PgBouncer', ports.pooler, 'postgres'),
      at('HAProxy', ports.statistics),
      ...(topology.spec.redis ? [at('Redis', ports.redis)] : []),
    ]
  const postgres = at('PostgreSQL', ports.postgres, 'postgres')
  if (!isCluster(topology)) return [postgres]
  return [
    postgres,
    at('Patroni', ports.patroni),
    at('etcd', ports.etcdClient),
    at('etcd among its members', ports.etcdPeer),
  ]
}
