import type { Spec } from './schema.ts'

/** Most members a spec may ask for (sections/topology.ts). */
const most = 7

/** True when the spec asks for more than one server. */
export function asksForCluster({ topology }: Spec): boolean {
  return topology.members > 1
}

/** The lowest odd number of members that is no smaller; etcd decides by majority, which an even one does not help. */
export function nextOdd(members: number): number {
  return Math.min(most, members % 2 === 0 ? members + 1 : members)
}

/** How many of the members are a majority (raft). */
export function majorityOf(members: number): number {
  return Math.floor(members / 2) + 1
}

/** Addresses of the members in order, those that are left out too (as topology/ lays them out). */
export function memberAddresses({ topology }: Spec): readonly string[] {
  return Array.from(
    { length: topology.members },
    (_, index) => topology.addresses?.[index] ?? `127.0.0.${11 + index}`,
  )
}

/** True when commits wait for a second member: what is left out counts as `sync`. */
export function waitsForStandby(spec: Spec): boolean {
  return asksForCluster(spec) && (spec.topology.durability ?? 'sync') !== 'async'
}
