import type { EtcdApi } from '../../cluster/etcd-api.ts'

/** Where Patroni keeps what it knows of a cluster (namespace and scope, patroni/dcs/__init__.py). */
export function scopePrefix(name: string): string {
  return `/service/${name}/`
}

/**
 * The keys that would keep Patroni from leading a cluster whose data has been replaced (3.0.2, ha.py, is_healthiest_node):
 * the last position of the old primary, beyond maximum_lag_on_failover; who was synchronous; who may lead in failsafe mode;
 * the last timeline; members that are gone; and the lock. The dynamic configuration stays, and so does the identity of
 * the database as long as it is the same: while it stands there, nobody makes a new one. Pure.
 */
export function keysToForget(
  keys: Readonly<Record<string, string>>,
  prefix: string,
  systemId: string,
): readonly string[] {
  return Object.keys(keys).filter((key) => {
    if (!key.startsWith(prefix) || key === `${prefix}config`) return false
    return key !== `${prefix}initialize` || keys[key] !== systemId
  })
}

/** Has etcd forget the cluster that was, while no Patroni runs. Safe to repeat. Throws DiagnosticError ETCD_FAILED. */
export async function forgetCluster(etcd: EtcdApi, prefix: string, systemId: string): Promise<void> {
  for (const key of keysToForget(await etcd.list(prefix), prefix, systemId)) await etcd.remove(key)
}
