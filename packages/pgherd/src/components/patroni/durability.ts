import { diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { Spec } from '../../spec/schema.ts'
import { roughSize } from '../../tuning/size-text.ts'
import { failoverTiming } from '../failover-timing.ts'
import { patroniFacts } from './version-facts.ts'

export type Durability = NonNullable<Spec['topology']['durability']>

/** What the spec asks for; with three members or more no acknowledged write is lost unless it says otherwise. */
export function durabilityOf({ topology }: Spec): Durability {
  return topology.durability ?? (topology.members >= 3 ? 'sync' : 'async')
}

/**
 * Patroni's words for it (https://patroni.readthedocs.io/en/latest/replication_modes.html). `quorum` exists from Patroni 4.0
 * on.
 */
export function synchronousConfig(durability: Durability): Readonly<Record<string, unknown>> {
  switch (durability) {
    case 'async':
      return { synchronous_mode: false, synchronous_mode_strict: false }
    case 'sync':
      return { synchronous_mode: true, synchronous_mode_strict: false, synchronous_node_count: 1 }
    case 'quorum':
      return { synchronous_mode: 'quorum', synchronous_mode_strict: false, synchronous_node_count: 1 }
    case 'strict':
      return { synchronous_mode: true, synchronous_mode_strict: true, synchronous_node_count: 1 }
  }
}

/** A petabyte, in bytes. */
export const noLagLimit = 2 ** 50

/**
 * Most WAL that whoever takes over may lack, in bytes. A limit is for `async` alone. Otherwise only standbys that have every
 * acknowledged commit may take over, and what they lack beside it nobody was told is there: the rest of a bulk load, or the
 * padding of a switched segment. Patroni applies the limit in every mode (ha.py, `is_lagging`), and when the primary dies
 * in such a moment nobody would ever take over, since the missing WAL is on the dead one.
 */
export function lagLimit(spec: Spec): number {
  return durabilityOf(spec) === 'async' ? spec.topology.lagOnFailover : noLagLimit
}

/** What makes the wish impossible with the installed Patroni. */
export function durabilityFindings(spec: Spec, patroniVersion: string): readonly Diagnostic[] {
  if (durabilityOf(spec) !== 'quorum' || patroniFacts(patroniVersion).quorumCommit) return []
  return [
    diagnose('DURABILITY_UNAVAILABLE', {
      detail: `durability "quorum" needs Patroni 4, and ${patroniVersion} is installed; "sync" loses as little, and waits for one chosen standby instead of the first of all`,
      mend: mend.edit('topology.durability', 'sync'),
      at: { path: 'topology.durability' },
    }),
  ]
}

/** A Patroni with the highest floors: what is said for it holds for all. */
const slowest = '4.0.0'

/**
 * The most that `async` loses with a primary, which is Patroni's: maximum_lag_on_failover, and what was written in the last
 * ttl, because positions are only recorded now and then
 * (https://patroni.readthedocs.io/en/latest/replication_modes.html). Without a version it holds for every Patroni.
 */
export function asyncLossBound(
  { topology: { lagOnFailover, failover } }: Spec,
  patroniVersion = slowest,
): { readonly walBytes: number; readonly seconds: number } {
  const { least } = patroniFacts(patroniVersion)
  return {
    walBytes: lagOnFailover,
    seconds: Math.max(failoverTiming(failover, patroniVersion).ttl, least.ttl),
  }
}

/** What can be lost, in a sentence. Without a version it holds for every Patroni. */
export function durabilityPromise(spec: Spec, patroniVersion = slowest): string {
  switch (durabilityOf(spec)) {
    case 'async': {
      const { walBytes, seconds } = asyncLossBound(spec, patroniVersion)
      return `acknowledged commits can be lost with the primary: at most ${roughSize(walBytes)} of WAL and what was written in the last ${seconds} s, which includes all that a primary cut off from the others took until it stopped`
    }
    case 'sync':
      return 'no acknowledged commit is lost with one member; while no standby is left, commits go on without a second copy, and are lost if the primary is then lost too'
    case 'quorum':
      return 'no acknowledged commit is lost with one member, and any standby may be the second copy; while no standby is left, commits go on without one'
    case 'strict':
      return 'no acknowledged commit is ever on one member only; while no standby is left, writes wait'
  }
}
