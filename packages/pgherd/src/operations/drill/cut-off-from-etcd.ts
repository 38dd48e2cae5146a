import type { ClusterView } from '../../plan/cluster-view.ts'
import type { DrillCheck } from './drill.ts'

/**
 * Whether a member was really cut off from etcd, and from it alone: without that a primary that goes on proves nothing
 * about failsafe mode. The witness is its lock, which runs out in etcd when nobody renews it, and which the others read
 * there. What the member says of itself is none: its `dcs_last_seen` goes on, because Patroni counts its own copy of
 * etcd as read (3.0.2, dcs/etcd3.py, KVCache). Pure.
 */
export function cutOffFromEtcd({ etcd, members }: ClusterView, member: string): readonly DrillCheck[] {
  const own = etcd.members.find(({ name }) => name === member)
  const others = members.filter(({ name }) => name !== member)
  return [
    {
      name: `the etcd of ${member} is out of reach and the others keep the majority`,
      ok: own !== undefined && !own.healthy && etcd.quorum,
      detail: `${etcd.members.map(({ name, healthy }) => `${name} ${healthy ? 'answers' : 'is away'}`).join(', ')}; ${etcd.quorum ? 'a' : 'no'} majority agrees`,
    },
    {
      name: `the lock of ${member} ran out in etcd, and the Patronis of all are within reach`,
      ok:
        others.length > 0 &&
        others.every(({ seesNoLock }) => seesNoLock === true) &&
        members.every(({ role }) => role !== 'unreachable'),
      detail: members
        .map(({ name, role, seesNoLock }) => {
          if (role === 'unreachable') return `${name} does not answer`
          return `${name} reads ${seesNoLock === true ? 'no' : 'a'} lock`
        })
        .join(', '),
    },
  ]
}
