import type { Spec } from '../spec/schema.ts'

/** The clocks of a failover, in seconds. */
export interface FailoverTiming {
  /** How long the leader's lock lives without being renewed. */
  readonly ttl: number
  readonly loopWait: number
  /** How long Patroni tries to reach etcd or PostgreSQL before it gives up. */
  readonly retryTimeout: number
  /** How long a crashed primary may take to come back before a standby takes over; 0: at once, when one can. */
  readonly primaryStartTimeout: number
  /** The fence acts this long before the lock could end. */
  readonly fenceMargin: number
}

/** Longest times without a successful write, in seconds. */
export interface WorstCase {
  readonly killPostgres: number
  readonly loseMember: number
  readonly partitionPrimary: number
  readonly switchover: number
}

/**
 * From Patroni 3.2 on a ttl below 20 is raised to 20 (Patroni's release notes and config.py), so that `fast` can then only
 * look more often, not let the lock end sooner.
 */
const shortestTtl = { without: 1, withFloors: 20 }

/** Patroni 3.2.0 brought the floors. */
function hasFloors(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 3 || (major === 3 && minor >= 2)
}

/** What each preset asks for, before the floors of the installed Patroni. */
const presets: Readonly<Record<Spec['topology']['failover'], FailoverTiming>> = {
  fast: { ttl: 8, loopWait: 1, retryTimeout: 3, primaryStartTimeout: 0, fenceMargin: 1 },
  normal: { ttl: 20, loopWait: 2, retryTimeout: 5, primaryStartTimeout: 15, fenceMargin: 2 },
  wide: { ttl: 60, loopWait: 10, retryTimeout: 20, primaryStartTimeout: 60, fenceMargin: 3 },
}

/**
 * The timing of a preset with the installed Patroni. Always loop_wait + 2 * retry_timeout <= ttl
 * (https://patroni.readthedocs.io/en/latest/dynamic_configuration.html), and the fence waits longer than Patroni needs to
 * find out by itself that etcd is away: loop_wait + retry_timeout. Pure.
 */
export function failoverTiming(preset: Spec['topology']['failover'], patroniVersion: string): FailoverTiming {
  const timing = presets[preset]
  return { ...timing, ttl: ttlInForce(timing.ttl, patroniVersion) }
}

/** What Patroni of a version makes of a ttl in its configuration, in seconds. */
export function ttlInForce(ttl: number, patroniVersion: string): number {
  return Math.max(ttl, hasFloors(patroniVersion) ? shortestTtl.withFloors : shortestTtl.without)
}

/** Major of a Patroni version such as `3.0.2`. */
export function majorOf(version: string): number {
  return Number.parseInt(version, 10)
}

/**
 * Longest time the router holds a session for want of a primary, in seconds: no failover takes longer, so that a pool's
 * login outlasts each of them, and what has gone wrong otherwise is told soon. Pure.
 */
export function longestHold(preset: Spec['topology']['failover'], patroniVersion: string): number {
  return worstCase(failoverTiming(preset, patroniVersion)).loseMember + 4
}

/** How long after Patroni's last contact with etcd the fence stops the primary, in seconds. */
export function fenceDeadline({ ttl, loopWait, fenceMargin }: FailoverTiming): number {
  // the lock may have been renewed one loop before the last time etcd was read
  return ttl - loopWait - fenceMargin
}

/** Comparing positions with the other members, promoting and opening for writes: measured below 2 s, stated with room. */
const electionSeconds = 4
/** HAProxy sees the new primary at its next check, and PgBouncer tries again every second. */
const routeSeconds = 3

/**
 * Longest time until writes succeed again, as `plan` states it; measured times must stay below.
 * - member lost or cut off: the lock ends a ttl after its last renewal, another Patroni sees it within a loop, an
 *   election, the route.
 * - PostgreSQL killed: seen within a loop; then either a standby takes over at once (start timeout 0), or the server may
 *   take its start timeout before one does.
 * - switchover: the old primary stops cleanly within a retry timeout, a loop, an election, the route.
 */
export function worstCase({ ttl, loopWait, retryTimeout, primaryStartTimeout }: FailoverTiming): WorstCase {
  const takeover = loopWait + electionSeconds + routeSeconds
  return {
    killPostgres: loopWait + primaryStartTimeout + takeover,
    loseMember: ttl + takeover,
    partitionPrimary: ttl + takeover,
    switchover: retryTimeout + takeover,
  }
}
