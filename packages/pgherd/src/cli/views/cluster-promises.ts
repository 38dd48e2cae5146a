import { durabilityOf, durabilityPromise } from '../../components/patroni/durability.ts'
import { failoverTiming, fenceDeadline, worstCase, type WorstCase } from '../../components/failover-timing.ts'
import { isCluster } from '../../topology/topology.ts'
import type { Output } from '../output.ts'
import type { Session } from '../session.ts'
import { hanging } from './wrap.ts'

/** What a cluster promises with the installed Patroni; undefined for a single server. */
export interface Promises {
  readonly durability: string
  readonly durabilityMeans: string
  readonly failover: string
  readonly ttlSeconds: number
  readonly fenceSeconds: number
  /** Longest time without a successful write, in seconds, by what happens. */
  readonly worstCaseSeconds: WorstCase
}

export function promisesOf({
  spec,
  topology,
  facts,
}: Pick<Session, 'spec' | 'topology' | 'facts'>): Promises | undefined {
  if (!isCluster(topology)) return undefined
  const version = facts.programs.patroni?.version ?? ''
  const timing = failoverTiming(spec.topology.failover, version)
  return {
    durability: durabilityOf(spec),
    durabilityMeans: durabilityPromise(spec, version),
    failover: spec.topology.failover,
    ttlSeconds: timing.ttl,
    fenceSeconds: fenceDeadline(timing),
    worstCaseSeconds: worstCase(timing),
  }
}

/** The promises for people, below a plan. */
export function showPromises(promises: Promises | undefined, output: Output): void {
  if (!promises) return
  const { worstCaseSeconds: worst } = promises
  const say = (label: string, text: string) =>
    output.line(hanging('  ', `${output.paint.bold(label)} ${text}`, output.width))
  output.line()
  output.line(output.paint.bold('Promised'))
  say(`durability ${promises.durability}:`, promises.durabilityMeans)
  say(
    `failover ${promises.failover}:`,
    `no write for at most ${worst.loseMember} s when the primary's machine is lost or cut off, ${worst.killPostgres} s when PostgreSQL is killed, ${worst.switchover} s for a failover on request; a primary without its lock is stopped within ${promises.fenceSeconds} s`,
  )
}
