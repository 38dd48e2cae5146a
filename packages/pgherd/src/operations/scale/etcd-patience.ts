import { setTimeout as sleep } from 'node:timers/promises'

/** Longer than the five seconds in which etcd wants to have heard of all its members without a break. */
const patienceMs = 30_000

/**
 * Changes the members of etcd, and again while etcd finds that they have not been together for long enough: with
 * `strict-reconfig-check` it refuses for some seconds after each change (etcdserver, HealthInterval). Throws what etcd said
 * last.
 */
export async function patiently(change: () => Promise<void>, signal: AbortSignal): Promise<void> {
  // what etcdctl prints may be cut in the middle of the words
  for (const until = performance.now() + patienceMs; ; await sleep(1000, undefined, { signal })) {
    try {
      return await change()
    } catch (error) {
      const early = error instanceof Error && /etcdserver: (?:unhealthy|re-conf)/.test(error.message)
      if (!early || performance.now() > until) throw error
    }
  }
}
