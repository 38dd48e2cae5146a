import { setTimeout as sleep } from 'node:timers/promises'
import type { ClusterView } from '../plan/cluster-view.ts'
import type { ClusterAccess } from './access.ts'
import { observeCluster } from './observe-cluster.ts'

/** Times etcd has been read by each member since the beginning, and what it said last. */
export type Readings = ReadonlyMap<string, { readonly lastSeen: number; readonly times: number }>

/** Loops of Patroni that are waited for, and seconds beside them for those that are late. */
const patience = { loops: 3, seconds: 5 }

/**
 * Waits until every Patroni that answers has taken up the dynamic configuration, so that settings that need a restart are
 * flagged when this returns. Each reads it at the start of a loop and acts on it at the end (Patroni, `Patroni.run`), so
 * that it is known to be done when etcd has been read twice since. Who stands still is not waited for for long.
 */
export async function configTakenUp(access: ClusterAccess, signal?: AbortSignal): Promise<void> {
  const first = await observeCluster(access, signal ? { signal } : {})
  const loopSeconds = Number(first.dynamicConfig?.['loop_wait'] ?? 10)
  const until = performance.now() + (patience.loops * loopSeconds + patience.seconds) * 1000
  for (
    let view = first, readings = noteReadings(new Map(), first);
    !takenUp(readings, view) && performance.now() < until;
    readings = noteReadings(readings, view)
  ) {
    await sleep(250, undefined, signal ? { signal } : {})
    view = await observeCluster(access, signal ? { signal } : {})
  }
}

/** Takes in another look. Pure. */
export function noteReadings(readings: Readings, { members }: ClusterView): Readings {
  return new Map(
    members.flatMap(({ name, dcsLastSeen }) => {
      if (dcsLastSeen === undefined) return []
      const before = readings.get(name)
      const again = before !== undefined && before.lastSeen !== dcsLastSeen
      return [[name, { lastSeen: dcsLastSeen, times: (before?.times ?? 0) + (again ? 1 : 0) }] as const]
    }),
  )
}

/** Whether everybody who answers has read etcd twice, or says already that it waits for a restart. Pure. */
export function takenUp(readings: Readings, { members }: ClusterView): boolean {
  return members.every(
    ({ name, role, pendingRestart }) =>
      role === 'unreachable' || pendingRestart || (readings.get(name)?.times ?? 0) >= 2,
  )
}
