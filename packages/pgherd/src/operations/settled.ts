import type { ClusterView } from '../plan/cluster-view.ts'

/** What a cluster that was just changed is still waiting for, in words; none when it is whole. Pure. */
export function unsettled(view: ClusterView): readonly string[] {
  const waiting: string[] = []
  if (!view.etcd.quorum) waiting.push('etcd has no majority yet')
  if (view.leader === undefined) waiting.push('there is no primary yet')
  const leader = view.members.find(({ name }) => name === view.leader)
  for (const { name, role, state, timeline } of view.members) {
    if (name === view.leader) continue
    if (role === 'unreachable') waiting.push(`${name} does not answer yet`)
    else if (role === 'primary') waiting.push(`${name} has not stepped down yet`)
    else if (state !== 'streaming' && state !== 'running') waiting.push(`${name} is ${state}`)
    else if (leader?.timeline !== undefined && timeline !== undefined && timeline !== leader.timeline)
      waiting.push(`${name} is still on timeline ${timeline}`)
  }
  if (view.silent?.router !== undefined) waiting.push('HAProxy does not answer yet')
  if (view.silent?.pooler !== undefined) waiting.push('PgBouncer does not answer yet')
  for (const { route, member, up } of view.routes)
    if (route === 'write' && member === view.leader && !up)
      waiting.push('HAProxy does not lead to the primary yet')
  return waiting
}
