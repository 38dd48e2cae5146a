import type { ClusterView } from '../plan/cluster-view.ts'
import type { Spec } from '../spec/schema.ts'
import { unsettled } from './settled.ts'

/**
 * What keeps a cluster from bearing the loss of a member, in words. Also what full redundancy after a drill, and each step
 * of an upgrade, waits for. Pure.
 */
export function weaknesses(spec: Spec, view: ClusterView): readonly string[] {
  const found = [...unsettled(view)]
  const missing = spec.topology.members - view.members.length
  if (missing > 0) found.push(`${missing} of ${spec.topology.members} members are missing`)
  if (view.paused) found.push('automation is paused')
  const sick = view.etcd.members.filter(({ healthy }) => !healthy)
  if (sick.length > 0) found.push(`etcd on ${sick.map(({ name }) => name).join(', ')} does not answer`)
  if (
    spec.topology.durability !== 'async' &&
    !view.members.some(({ sync }) => sync === 'sync' || sync === 'quorum')
  )
    found.push('no member follows synchronously')
  return found
}
