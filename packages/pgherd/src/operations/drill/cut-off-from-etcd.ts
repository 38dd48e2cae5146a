import type { ClusterView } from '../../plan/cluster-view.ts'
import type { DrillCheck } from './drill.ts'

/** Who holds the lock in etcd; null: nobody; undefined: no majority of etcd could be asked. */
export type LockHolder = string | null | undefined

/**
 * Whether a member was really cut off from etcd, and from it alone: without that a primary that goes on proves nothing
 * about failsafe mode. The witness is its lock, which runs out in etcd when nobody renews it. What Patroni says is none:
 * the `dcs_last_seen` of the member goes on, and a standby may still read the old lock, because both count their own copy
 * of etcd as read (3.0.2, dcs/etcd3.py, KVCache). Pure.
 */
export function cutOffFromEtcd(
  { etcd, members }: ClusterView,
  member: string,
  holder: LockHolder,
): readonly DrillCheck[] {
  const own = etcd.members.find(({ name }) => name === member)
  const silent = members.filter(({ role }) => role === 'unreachable').map(({ name }) => name)
  const lock = holder === undefined ? 'etcd does not say who holds it' : `${holder ?? 'nobody'} holds it`
  return [
    {
      name: `the etcd of ${member} is out of reach and the others keep the majority`,
      ok: own !== undefined && !own.healthy && etcd.quorum,
      detail: `${etcd.members.map(({ name, healthy }) => `${name} ${healthy ? 'answers' : 'is away'}`).join(', ')}; ${etcd.quorum ? 'a' : 'no'} majority agrees`,
    },
    {
      name: `the lock of ${member} in etcd was not renewed any more`,
      ok: holder !== undefined && holder !== member,
      detail: lock,
    },
    {
      name: 'the Patronis of all members answer',
      ok: members.length > 0 && silent.length === 0,
      detail: silent.length > 0 ? `${silent.join(', ')} do not` : `${members.length} do`,
    },
  ]
}
