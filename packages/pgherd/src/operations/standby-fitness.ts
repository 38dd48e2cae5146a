import type { ClusterView, MemberView } from '../plan/cluster-view.ts'

/**
 * Whether a standby follows its primary now. Patroni says `streaming` from 3.1 on and `running` before, which it also says
 * of a standby that is cut off: that one has no known lag.
 */
export function follows(member: MemberView, leader: MemberView | undefined): boolean {
  if (member.role !== 'standby') return false
  if (member.timeline !== undefined && leader?.timeline !== undefined && member.timeline < leader.timeline)
    return false
  return member.state === 'streaming' || (member.state === 'running' && member.lagBytes !== undefined)
}

/** What a standby that does not follow is doing instead, for people. */
export function conditionOf(member: MemberView, leader: MemberView | undefined): string {
  if (member.role === 'unreachable') return 'unreachable'
  const behind = member.timeline !== undefined && member.timeline < (leader?.timeline ?? 0)
  return behind ? `${member.state}, still on timeline ${member.timeline}` : member.state
}

/** True when commits wait for a standby, so that only a synchronous one holds every acknowledged write. */
export function waitsForStandby(view: ClusterView): boolean {
  const mode = view.dynamicConfig?.['synchronous_mode']
  return mode === true || mode === 'on' || mode === 'quorum'
}

/** Why the member may not take over from a healthy primary; undefined when it may. Pure. */
export function unfitness(view: ClusterView, member: MemberView, lagLimit: number): string | undefined {
  const leader = view.members.find(({ name }) => name === view.leader)
  if (member.role === 'unreachable') return 'its Patroni does not answer'
  if (!follows(member, leader))
    return `it does not stream from the primary (it is ${conditionOf(member, leader)})`
  if (member.lagBytes !== undefined && member.lagBytes > lagLimit)
    return `it is ${member.lagBytes} bytes of WAL behind, and at most ${lagLimit} are waited for`
  if (waitsForStandby(view) && !view.synchronous.includes(member.name))
    return `it is not synchronous (${view.synchronous.join(', ') || 'nobody'} is), and Patroni promotes no other`
  return undefined
}
