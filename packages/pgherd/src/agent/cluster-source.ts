import type { GatewayObservation, Observation, ServiceObservation } from '../checks/observation.ts'
import type { ClusterAccess } from '../cluster/access.ts'
import { observeCluster } from '../cluster/observe-cluster.ts'
import { observeGateway, type GatewayFault, type GatewayView } from '../cluster/observe-gateway.ts'
import { readPauseRecord } from '../operations/pause/pause-record.ts'
import { systemClock, type Clock } from './clock.ts'
import { readFences } from './fences.ts'
import type { ClusterLook, ClusterSource } from './sources.ts'

/**
 * Looks at a cluster again and again, and so knows for how long something has been wrong. Whoever looks `once` cannot: then
 * a fault counts at once.
 */
export function clusterSource(
  access: ClusterAccess,
  { clock = systemClock, once = false }: { readonly clock?: Clock; readonly once?: boolean } = {},
): ClusterSource {
  const history = new ServiceHistory()
  return {
    async look() {
      const view = await observeCluster(access)
      const [gateway, fences] = await Promise.all([
        observeGateway(access, view, { now: clock.now() }),
        readFences(access.topology),
      ])
      return {
        view,
        gateway: history.note(gateway, once ? undefined : clock.monotonic()),
        fences,
        pausedUntil: readPauseRecord(access.topology)?.until ?? null,
      }
    },
  }
}

/** What checks see of a look; nulls while there was none. Pure. */
export function clusterPart(
  look: ClusterLook | null,
): Pick<Observation, 'cluster' | 'gateway' | 'fences' | 'pausedUntil'> {
  if (!look) return { cluster: null, gateway: null }
  const { view, gateway, fences, pausedUntil } = look
  return { cluster: view, gateway, fences, pausedUntil }
}

/** Since when each program has not been as it should. */
export class ServiceHistory {
  readonly #since = new Map<keyof GatewayView, { readonly waiting: boolean; readonly at: number }>()

  /** Takes in a look; `now` is monotonic milliseconds, left out by whoever looks once. */
  note(view: GatewayView, now?: number): GatewayObservation {
    return {
      pooler: this.#judge('pooler', view.pooler, now),
      router: this.#judge('router', view.router, now),
      ...(view.redis === undefined ? {} : { redis: this.#judge('redis', view.redis, now) }),
    }
  }

  #judge(name: keyof GatewayView, found: GatewayFault | 'ok', now: number | undefined): ServiceObservation {
    if (found === 'ok') {
      this.#since.delete(name)
      return { state: 'ok', reason: null, seconds: null }
    }
    const { reason, waiting = false } = found
    const before = this.#since.get(name)
    const at = before?.waiting === waiting ? before.at : now
    if (at !== undefined) this.#since.set(name, { waiting, at })
    return {
      state: waiting ? 'waiting' : 'failing',
      reason,
      seconds: now === undefined || at === undefined ? null : (now - at) / 1000,
    }
  }
}
