import { sizeText } from '../../tuning/size-text.ts'
import type { Spec } from '../../spec/schema.ts'
import type { RenderInput } from '../component.ts'
import { failoverTiming } from '../failover-timing.ts'
import { durabilityOf, lagLimit, synchronousConfig } from './durability.ts'
import { patroniFacts } from './version-facts.ts'

/** Physical slot of the WAL archive (backup/stream/wal-receiver.ts); Patroni keeps it on every new primary. */
export const archiveSlot = 'pgherd_wal'

/** What stands in the DCS when tuning says nothing of it; with a floor where a lower value would not work. */
interface ClusterSetting {
  readonly unlessTuned: string | number
  /** Below it Patroni takes its own default without a word (3.0.2, postgresql/config.py, CMDLINE_OPTIONS). */
  readonly least?: number
}

/**
 * Settings that are one for the whole cluster. Patroni takes them from the DCS alone, because a standby with less of them
 * than its primary does not start, but for max_slot_wal_keep_size: each member may become the one that keeps WAL.
 */
const clusterSettings: Readonly<Record<string, ClusterSetting>> = {
  wal_level: { unlessTuned: 'replica' },
  max_connections: { unlessTuned: 100, least: 25 },
  // six standbys of the largest cluster, the archive, and a base backup with its WAL
  max_wal_senders: { unlessTuned: 10, least: 10 },
  max_replication_slots: { unlessTuned: 10, least: 10 },
  max_prepared_transactions: { unlessTuned: 0 },
  max_locks_per_transaction: { unlessTuned: 64, least: 32 },
  max_worker_processes: { unlessTuned: 8, least: 2 },
  track_commit_timestamp: { unlessTuned: 'off' },
}

/** Names of all settings that stand in the DCS and not in patroni.yml. */
export const dcsSettings: readonly string[] = [
  ...Object.keys(clusterSettings),
  'max_slot_wal_keep_size',
  'wal_keep_size',
]

/**
 * WAL a new primary must still have when the archive comes over from the old one: before Patroni 3.2 the archive's slot is
 * made anew there and holds nothing back. And for a standby whose slot was dropped while it was away.
 */
const walKept = '512MB'

/** What no spec decides. */
const own = {
  // pg_rewind needs it where checksums are off, as in a data directory that was taken over
  wal_log_hints: 'on',
  wal_keep_size: walKept,
}

/** Names of the parameters that stand in the DCS whatever the spec says. */
export const ownParameters: readonly string[] = Object.keys(own)

/** The floor of a parameter that is one for the whole cluster; undefined when it has none. */
export function clusterSettingLeast(name: string): number | undefined {
  return Object.hasOwn(clusterSettings, name) ? clusterSettings[name]?.least : undefined
}

/** Shortest time for a clean stop, in seconds: a checkpoint, and the standbys have received all of it. */
const leastStopTimeout = 10

/**
 * The dynamic configuration of a cluster: what all members must agree on. Written at the bootstrap, and compared with the
 * DCS by every plan (https://patroni.readthedocs.io/en/latest/dynamic_configuration.html). Pure.
 */
export function dynamicConfig(input: RenderInput): Readonly<Record<string, unknown>> {
  const { spec } = input.topology
  const version = input.facts.programs.patroni?.version ?? ''
  const { memberSlotsTtl } = patroniFacts(version)
  return {
    ...timingConfig(spec.topology.failover, version),
    maximum_lag_on_failover: lagLimit(spec),
    // without it a healthy primary steps down while etcd is away, and short timeouts do so at every etcd election
    failsafe_mode: true,
    check_timeline: true,
    ...synchronousConfig(durabilityOf(spec)),
    slots: { [archiveSlot]: { type: 'physical' } },
    ...(memberSlotsTtl ? { member_slots_ttl: '1h' } : {}),
    postgresql: { use_pg_rewind: true, use_slots: true, parameters: parametersOf(input) },
  }
}

/** The clocks of a preset, in seconds, with the floors of the installed Patroni. */
export function timingConfig(
  preset: Spec['topology']['failover'],
  patroniVersion: string,
): Readonly<Record<string, number>> {
  const { least } = patroniFacts(patroniVersion)
  const timing = failoverTiming(preset, patroniVersion)
  const retryTimeout = Math.max(timing.retryTimeout, least.retryTimeout)
  return {
    ttl: Math.max(timing.ttl, least.ttl),
    loop_wait: Math.max(timing.loopWait, least.loopWait),
    retry_timeout: retryTimeout,
    primary_start_timeout: timing.primaryStartTimeout,
    // Counts in the synchronous modes only. Beyond it the server is killed, which loses nothing that was acknowledged,
    // where a standby that does not take the last WAL would hold up a switchover.
    primary_stop_timeout: Math.max(retryTimeout, leastStopTimeout),
  }
}

function parametersOf({
  topology: { spec },
  settings,
}: RenderInput): Readonly<Record<string, string | number>> {
  const tuned = new Map(settings.map(({ name, value }) => [name, value]))
  const { slotKeep } = spec.topology
  const kept = slotKeep === undefined ? tuned.get('max_slot_wal_keep_size') : sizeText(slotKeep)
  return {
    ...Object.fromEntries(
      Object.entries(clusterSettings).map(([name, { unlessTuned, least }]) => {
        const value = tuned.get(name) ?? unlessTuned
        return [name, least === undefined ? value : Math.max(least, Number(value))]
      }),
    ),
    ...(kept === undefined ? {} : { max_slot_wal_keep_size: kept }),
    ...own,
  }
}
