import type { ProofRecord } from '../../backup/catalogue.ts'
import type { Unit } from '../../components/component.ts'
import type { FaultInjector, WriteHost } from '../../hosts/host.ts'
import type { Endpoint } from '../../ledger/probe-session.ts'
import type { ClusterView } from '../../plan/cluster-view.ts'
import type { Member, Topology } from '../../topology/topology.ts'

/** One member as a drill sees it: its machine, the units that belong there, and how it is hurt. */
export interface DrillSite {
  readonly member: Member
  readonly host: WriteHost
  readonly wanted: { readonly units: readonly Unit[] }
  readonly faults: FaultInjector
}

/** What the backup repository holds at one moment. */
export interface ArchiveState {
  /** Segments that are missing between others, in words. */
  readonly gaps: readonly string[]
  /** Newest finished segment; undefined when there is no WAL yet. */
  readonly newest: string | undefined
}

/** A cluster as a drill sees it, and what it may do to it. Made from an operation's context by `drillWorld`. */
export interface DrillWorld {
  readonly topology: Topology
  /** Every member, the gateway included. */
  readonly sites: readonly DrillSite[]
  observe(): Promise<ClusterView>
  /** Where the probes connect: as clients do, and straight to each member. */
  readonly endpoints: {
    readonly write: Endpoint
    readonly read: Endpoint
    member(member: Member): Endpoint
  }
  /** The role the probes come as. */
  readonly probeRole: string
  /** The database that holds the probe table while a drill runs. */
  readonly database: string
  readonly signal: AbortSignal
  readonly report: (message: string, share?: number) => void
  readonly now: () => Date
  /** Planned change of the primary, as `pgherd switchover` does it. */
  readonly switchover?: () => Promise<void>
  /** Restores the newest backup into a throwaway server. */
  readonly prove?: () => Promise<ProofRecord>
  /** What the backup repository holds. */
  readonly archive?: () => Promise<ArchiveState>
  /** Who holds the leader lock by what etcd itself says; undefined when nobody does. Throws when no majority answers. */
  readonly lockHolder?: () => Promise<string | undefined>
  /** Issues a member's certificate anew with so many seconds to live; renews it as the spec says without a number. */
  readonly issueCertificate?: (member: string, lifetimeSeconds?: number) => Promise<void>
}

/** The site of a member; throws when there is none of that name. */
export function siteOf(world: Pick<DrillWorld, 'sites'>, name: string | undefined): DrillSite {
  const site = world.sites.find(({ member }) => member.name === name)
  if (!site) throw new Error(`there is no member ${name ?? '(none)'}`)
  return site
}

/** The unit of a member; throws when it has none of that name. */
export function unitOf({ wanted, member }: DrillSite, name: string): Unit {
  const unit = wanted.units.find((each) => each.name === name)
  if (!unit) throw new Error(`${member.name} has no unit ${name}`)
  return unit
}

/** Those that hold data. */
export function serverSites({ sites }: Pick<DrillWorld, 'sites'>): readonly DrillSite[] {
  return sites.filter(({ member }) => member.kind !== 'gateway')
}

/** Rows of a question put to a member as superuser over its own socket. */
export async function askMember(
  site: DrillSite,
  database: string,
  text: string,
): Promise<readonly Record<string, unknown>[]> {
  return await site.host.probe({ kind: 'sql', database, text, parse: (rows) => rows })
}
