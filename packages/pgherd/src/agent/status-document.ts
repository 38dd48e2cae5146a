import type { ProofVerdict } from '../backup/catalogue.ts'
import { proofStatus } from '../backup/proof-summary.ts'
import type {
  ArchiveState,
  ClusterMemberObservation,
  Observation,
  ServerState,
} from '../checks/observation.ts'
import type { Slot } from '../checks/slot-lost.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { ClusterView, EtcdMemberView, MemberView } from '../plan/cluster-view.ts'
import type { Member } from '../topology/topology.ts'
import { drillStatus, type DrillStatus } from './drill-status.ts'
import type { ServerFacts } from './server-facts.ts'

/** `pgherd status --json` and `GET /api/v1/status`; its JSON Schema is schema/status.schema.json. Stable. */
export interface StatusDocument {
  readonly name: string
  /** No finding is an error, and the server answers. */
  readonly healthy: boolean
  readonly members: readonly MemberStatus[]
  /** The newest proof; null when there was none. */
  readonly proof: ProofStatus | null
  readonly backups: {
    readonly count: number
    readonly newest: string | null
    readonly windowFrom: string | null
    readonly windowTo: string | null
    readonly archive: {
      readonly state: ArchiveState
      readonly lagBytes: number | null
      readonly lagSeconds: number | null
    }
  }
  readonly certificates: readonly {
    readonly name: string
    readonly subject: string
    readonly notAfter: string
  }[]
  /** In a cluster, as `pgherd status` finds its parts at this moment; absent from what the agent keeps. */
  readonly cluster?: ClusterStatus
  /** In a cluster; absent for a single server, and while the history cannot be read. */
  readonly drills?: DrillStatus
  /** Errors first. */
  readonly findings: readonly Diagnostic[]
}

export interface MemberStatus {
  readonly name: string
  readonly role: 'primary' | 'standby'
  readonly timeline: number | null
  /** Bytes of WAL this member has not replayed; 0 on a primary, null when not known. */
  readonly lagBytes: number | null
  readonly version: string
  readonly flavour: 'embedded' | 'system' | 'path'
  readonly state: ServerState
  /** In a cluster: age of the newest transaction replayed; absent when nothing is behind or it is not known. */
  readonly lagSeconds?: number
  /** In a cluster: whether commits wait for this member. */
  readonly sync?: 'async' | 'sync' | 'quorum' | 'none'
}

/** The parts of a cluster. */
export interface ClusterStatus extends Pick<
  ClusterView,
  'synchronous' | 'paused' | 'failsafeActive' | 'routes' | 'pools'
> {
  /** Who holds the leader lock; null while nobody does. */
  readonly leader: string | null
  readonly members: readonly (Pick<MemberView, 'name' | 'role' | 'state' | 'pendingRestart'> & {
    readonly patroniVersion: string | null
  })[]
  readonly etcd: {
    readonly quorum: boolean
    readonly members: readonly Pick<EtcdMemberView, 'name' | 'healthy' | 'leader'>[]
  }
  /** Replication slots of the primary; null when it could not be asked. */
  readonly slots: readonly Slot[] | null
  /** What was changed by hand; null when it could not be told. */
  readonly drift:
    readonly { readonly member: string; readonly title: string; readonly because: string }[] | null
}

export interface ProofStatus {
  readonly provenAt: string
  readonly rtoSeconds: number | null
  readonly rpoSeconds: number | null
  readonly backup: string
  /** True for the verdict `proven`. */
  readonly ok: boolean
  readonly verdict: ProofVerdict
  /** Share of the contents that was compared with the live server, 0 to 1; null when nothing was. */
  readonly comparedShare: number | null
}

export interface StatusInput {
  readonly name: string
  readonly member: Member
  readonly observation: Observation
  /** Null while the server cannot be asked. */
  readonly server: ServerFacts | null
  readonly findings: readonly Diagnostic[]
}

/** Puts the status together. Pure. */
export function statusDocument({ name, member, observation, server, findings }: StatusInput): StatusDocument {
  const { catalogue, archive } = observation
  const backups = catalogue?.backups ?? []
  const newest = backups.toSorted((a, b) => Date.parse(a.stoppedAt) - Date.parse(b.stoppedAt)).at(-1)
  const proof = catalogue?.proofs.toSorted((a, b) => Date.parse(a.provenAt) - Date.parse(b.provenAt)).at(-1)
  return {
    name,
    healthy: observation.server.state === 'up' && !findings.some((finding) => finding.severity === 'error'),
    members: membersOf(member, observation, server),
    proof: proof ? proofStatus(proof, proof.comparedShare) : null,
    backups: {
      count: backups.length,
      newest: newest?.stoppedAt ?? null,
      windowFrom: catalogue?.window?.from ?? null,
      windowTo: catalogue?.window?.to ?? null,
      archive: { state: archive.state, lagBytes: archive.lagBytes, lagSeconds: archive.lagSeconds },
    },
    certificates: observation.certificates.map(({ name: file, subject, notAfter }) => ({
      name: file,
      subject,
      notAfter,
    })),
    ...(observation.drills && { drills: drillStatus(observation.drills) }),
    findings,
  }
}

function membersOf(
  member: Member,
  { cluster, binaries, server: { state } }: Observation,
  server: ServerFacts | null,
): readonly MemberStatus[] {
  const { flavour } = binaries
  if (cluster) return cluster.members.map((each) => clusterMember(each, binaries))
  return [
    {
      name: member.name,
      role: server?.inRecovery === true ? 'standby' : 'primary',
      timeline: server?.timeline ?? null,
      lagBytes: server && !server.inRecovery ? 0 : null,
      version: server?.version ?? binaries.version,
      flavour,
      state,
    },
  ]
}

/** A member that does not answer counts as a standby: the primary is who holds the lock. */
export function clusterMember(
  { name, role, state, timeline, lagBytes, lagSeconds, sync, postgresVersion }: ClusterMemberObservation,
  { version, flavour }: Observation['binaries'],
): MemberStatus {
  return {
    name,
    role: role === 'primary' ? 'primary' : 'standby',
    timeline: timeline ?? null,
    lagBytes: role === 'primary' ? 0 : (lagBytes ?? null),
    version: postgresVersion ?? version,
    flavour,
    state: stateOf(role, state),
    ...(lagSeconds === undefined ? {} : { lagSeconds }),
    sync,
  }
}

function stateOf(role: ClusterMemberObservation['role'], state: string): ServerState {
  if (role === 'unreachable') return 'unknown'
  if (state === 'running' || state === 'streaming') return 'up'
  return /^(stopped|crashed|start failed|initdb failed|custom bootstrap failed)$/.test(state)
    ? 'down'
    : 'refusing'
}
