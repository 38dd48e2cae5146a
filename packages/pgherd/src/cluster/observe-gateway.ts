import type { ClusterView } from '../plan/cluster-view.ts'
import type { ClusterAccess } from './access.ts'
import { logInToPool } from './pooler-login.ts'
import { pingRedis } from './redis-ping.ts'

/** What is wrong with a program at the gateway; nothing when it does what it is for. */
export interface GatewayFault {
  readonly reason: string
  /** It works, and its clients wait. */
  readonly waiting?: boolean
}

/** The programs clients come in by. Redis is absent where the spec declares none. */
export interface GatewayView {
  readonly pooler: GatewayFault | 'ok'
  readonly router: GatewayFault | 'ok'
  readonly redis?: GatewayFault | 'ok'
}

/**
 * Looks whether clients are served, beside a view of the cluster that was just made: an application logs in to the pool,
 * the router leads writes to the primary, Redis answers. Never throws.
 */
export async function observeGateway(
  access: ClusterAccess,
  view: ClusterView,
  options: { readonly timeoutMs?: number; readonly now?: Date } = {},
): Promise<GatewayView> {
  const [pooler, redis] = await Promise.all([
    poolerFault(access, view, options),
    access.topology.spec.redis ? pingRedis(access, options) : 'none',
  ])
  return {
    pooler: pooler ?? 'ok',
    router: routerFault(view) ?? 'ok',
    ...(redis === 'none' ? {} : { redis: redis === undefined ? 'ok' : { reason: redis } }),
  }
}

async function poolerFault(
  access: ClusterAccess,
  view: ClusterView,
  options: { readonly timeoutMs?: number; readonly now?: Date },
): Promise<GatewayFault | undefined> {
  if (view.silent?.pooler !== undefined) return { reason: view.silent.pooler }
  // nobody could serve a client: the pool is not to blame
  if (view.leader === undefined) return undefined
  const paused = [...new Set(view.pools.filter((pool) => pool.paused).map(({ database }) => database))]
  const login = await logInToPool(access, options)
  if (login === undefined || login.result === 'ok') return undefined
  if (paused.length > 0) return { reason: `${paused.join(', ')} paused`, waiting: true }
  return { reason: login.reason, ...(login.result === 'waits' ? { waiting: true } : {}) }
}

/** Where HAProxy leads writes, against where the primary is. Pure. */
export function routerFault({ leader, routes, silent }: ClusterView): GatewayFault | undefined {
  if (silent?.router !== undefined) return { reason: silent.router }
  if (leader === undefined) return undefined
  const writes = routes.filter(({ route, up }) => route === 'write' && up).map(({ member }) => member)
  if (writes.length === 1 && writes[0] === leader) return undefined
  return {
    reason: `HAProxy leads writes to ${writes.join(' and ') || 'nobody'}, and ${leader} is the primary`,
  }
}
