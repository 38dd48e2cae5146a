import type { ClusterView } from '../../plan/cluster-view.ts'
import type { DrillCheck } from './drill.ts'

/**
 * Whether a member was really cut off from etcd, and from it alone, for longer than a lease lasts: without that a primary
 * that goes on proves nothing about failsafe mode. `dcs_last_seen` (Patroni 3.0.2, dcs/__init__.py, get_cluster) is the
 * moment Patroni last read etcd, so that its distance to that of the others is how long it has been without. Pure.
 */
export function cutOffFromEtcd(
  { etcd, members, dynamicConfig }: ClusterView,
  member: string,
): readonly DrillCheck[] {
  const own = etcd.members.find(({ name }) => name === member)
  const ttl = dynamicConfig?.['ttl']
  const seen = members.find(({ name }) => name === member)?.dcsLastSeen
  const others = members.flatMap(({ name, dcsLastSeen }) =>
    name === member || dcsLastSeen === undefined ? [] : [dcsLastSeen],
  )
  const behind = seen === undefined || others.length === 0 ? undefined : Math.max(...others) - seen
  return [
    {
      name: `the etcd of ${member} is out of reach and the others keep the majority`,
      ok: own !== undefined && !own.healthy && etcd.quorum,
      detail: `${etcd.members.map(({ name, healthy }) => `${name} ${healthy ? 'answers' : 'is away'}`).join(', ')}; ${etcd.quorum ? 'a' : 'no'} majority agrees`,
    },
    {
      name: `the Patroni of ${member} answers, and has not read etcd for longer than a lease`,
      ok: behind !== undefined && typeof ttl === 'number' && behind > ttl,
      detail:
        behind === undefined
          ? 'it does not say when it last read etcd, or the others do not'
          : `it last read etcd ${behind} s before the others did; the lease is ${typeof ttl === 'number' ? `${ttl} s` : 'not known'}`,
    },
  ]
}
