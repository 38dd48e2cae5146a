import { serversOf, type Member } from '../topology/topology.ts'
import type { ClusterAccess } from './access.ts'
import { PatroniApi } from './patroni-api.ts'
import { isPrimaryRole } from './patroni-documents.ts'

/**
 * The member that is primary and holds the leader lock; undefined when nobody is. Asks every Patroni at once. One whose
 * cluster is unlocked is primary by habit only: it counts when nobody else does, as under failsafe mode.
 */
export async function findPrimary(access: ClusterAccess, signal?: AbortSignal): Promise<Member | undefined> {
  const found = await Promise.all(
    serversOf(access.topology).map(async (member) => {
      try {
        const status = await new PatroniApi(access, member, {
          timeoutMs: 2000,
          ...(signal ? { signal } : {}),
        }).status()
        if (!isPrimaryRole(status.role) || status.state !== 'running') return []
        return [{ member, locked: status.cluster_unlocked !== true, timeline: status.timeline ?? 0 }]
      } catch {
        signal?.throwIfAborted()
        return []
      }
    }),
  )
  const [best] = found
    .flat()
    .toSorted((a, b) => Number(b.locked) - Number(a.locked) || b.timeline - a.timeline)
  return best?.member
}
