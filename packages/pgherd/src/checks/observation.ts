/**
 * What is known about a member from outside of SQL: the heartbeat, the repository, the disks, the
 * certificates, the jobs. Plain data, gathered by agent/observe.ts, judged by checks, shown by status.
 * Times are RFC 3339 in UTC.
 */
export interface Observation {
  readonly server: ServerObservation
  readonly binaries: { readonly flavour: 'embedded' | 'system' | 'path'; readonly version: string }
  /** What the programs say that a restart would start; null or absent while that is not known. */
  readonly installed?: InstalledObservation | null
  /** Null while it could not be read. */
  readonly volumes: { readonly data: VolumeObservation; readonly repository: VolumeObservation } | null
  readonly archive: ArchiveObservation
  /** Null while the repository could not be read. */
  readonly catalogue: CatalogueObservation | null
  readonly certificates: readonly CertificateObservation[]
  /** Data directories from before restores in place; absent where nobody looks for them. */
  readonly keptData?: readonly KeptDataObservation[]
  /** The newest finished run of each kind of job. */
  readonly jobs: readonly JobObservation[]
  /** Programs of every member that pgherd keeps running; empty where another service manager does. */
  readonly units: readonly UnitObservation[]
  /** Drills of a cluster; null while their history could not be read, absent for a single server. */
  readonly drills?: DrillsObservation | null
  /** The cluster as a whole; null while it could not be looked at, absent for a single server. */
  readonly cluster?: ClusterObservation | null
  /** The programs clients of a cluster come in by; null and absent as `cluster`. */
  readonly gateway?: GatewayObservation | null
  /** Of the servers on this machine; what runs on another one is not known. */
  readonly fences?: readonly FenceObservation[]
  /** Until when automation was paused by pgherd; null when it was not. */
  readonly pausedUntil?: string | null
}

/**
 * up: answers. refusing: runs but takes no session (starting, stopping, out of slots).
 * down: nothing listens. frozen: listens but does not answer. unknown: not looked yet.
 */
export type ServerState = 'up' | 'refusing' | 'down' | 'frozen' | 'unknown'

export interface ServerObservation {
  readonly state: ServerState
  /** Seconds since the last good answer; null when there was none yet. */
  readonly silentSeconds: number | null
  /** The server's own words, when it refused. */
  readonly reason: string | null
}

/** Versions such as `15.20`; a program that is not there is left out. */
export interface InstalledObservation {
  readonly postgres?: string
  readonly patroni?: string
}

export interface VolumeObservation {
  readonly totalBytes: number
  readonly freeBytes: number
  /** Device number: equal numbers mean the same file system. */
  readonly device: number
}

/** off: not asked for. */
export type ArchiveState = 'streaming' | 'connecting' | 'failing' | 'off' | 'unknown'

export interface ArchiveObservation {
  readonly state: ArchiveState
  /** WAL written by the server and not yet safe in the repository. */
  readonly lagBytes: number | null
  /** Age of the newest moment up to which the archive is known to be complete. */
  readonly lagSeconds: number | null
  /** Last error in words. */
  readonly reason: string | null
}

export interface CatalogueObservation {
  readonly backups: readonly {
    readonly id: string
    readonly stoppedAt: string
    readonly storedBytes: number
  }[]
  readonly proofs: readonly ProofObservation[]
  readonly window: { readonly from: string; readonly to: string } | null
  /** WAL that is missing although a backup older than it is kept. */
  readonly gaps: readonly GapObservation[]
}

export interface GapObservation {
  /** Segment names. */
  readonly missing: readonly string[]
  /** A newer backup was taken, so that restoring to now does not need the missing WAL. */
  readonly healed: boolean
}

export interface ProofObservation {
  readonly backup: string
  /** See backup/catalogue.ts ProofVerdict. */
  readonly verdict: 'proven' | 'restorable' | 'failed'
  readonly provenAt: string
  readonly rtoSeconds: number | null
  readonly rpoSeconds: number | null
  /** Acknowledged commits that did not come back; null when not measured. */
  readonly lostCommits: number | null
  /** Share of the contents that was compared with the live server, 0 to 1; null when nothing was. */
  readonly comparedShare: number | null
  /** Checks that failed, or that could not be made, with their detail. */
  readonly failed: readonly string[]
}

export interface KeptDataObservation {
  readonly path: string
  /** Null while it is being measured. */
  readonly bytes: number | null
}

export interface CertificateObservation {
  /** Left out: the home's. */
  readonly member?: string
  /** File name: `server.crt`. */
  readonly name: string
  readonly path: string
  readonly subject: string
  readonly notAfter: string
  /** Set when the file could not be read as a certificate. */
  readonly problem: string | null
}

export interface JobObservation {
  readonly kind: string
  readonly ok: boolean
  readonly finishedAt: string
  /** Failed runs in a row, up to the newest. */
  readonly failures: number
  readonly reason: string | null
}

export interface UnitObservation {
  readonly member: string
  readonly name: string
  /** Starts by the supervisor since the unit was started on purpose. */
  readonly restarts: number
  /** Of these, in the last ten minutes as far as the agent has watched. */
  readonly recentRestarts: number
  /** How it ended last, in words; null when it never did. */
  readonly lastExit: string | null
}

/** A program at the gateway of a cluster. */
export interface ServiceObservation {
  /** `waiting`: it works, and its clients wait. */
  readonly state: 'ok' | 'waiting' | 'failing'
  /** Why it is not ok, in words. */
  readonly reason: string | null
  /** For how long it has not been ok; null when that is not known, since it was looked at only once. */
  readonly seconds: number | null
}

export interface GatewayObservation {
  readonly pooler: ServiceObservation
  readonly router: ServiceObservation
  /** Absent where the spec declares none. */
  readonly redis?: ServiceObservation
}

export interface FenceObservation {
  readonly member: string
  /** Since it wrote down what it sees, which it does every second; null when it has not since the machine started. */
  readonly silentSeconds: number | null
  /** What it did last since it was started; null when there was nothing to do. */
  readonly lastAction: {
    readonly do: 'stop-server' | 'restart-patroni'
    readonly why: string
    readonly time: string
    /** Processes that did not go. */
    readonly left: readonly number[]
  } | null
}

/** How drills went and when they are due. */
export interface DrillsObservation {
  /** The newest run of each drill that ever ran. */
  readonly runs: readonly DrillRunObservation[]
  /** Those the spec schedules. */
  readonly scheduled: readonly ScheduledDrillObservation[]
  /** A fault that is still in force although its drill runs no more; null when there is none, absent where nobody looks. */
  readonly unhealed?: UnhealedFaultObservation | null
}

export interface UnhealedFaultObservation {
  readonly drill: string
  /** Whom it hit; empty when that was nobody in particular. */
  readonly member: string
  readonly since: string
}

export interface DrillRunObservation {
  readonly drill: string
  readonly startedAt: string
  readonly endedAt: string
  readonly writeGapSeconds: number
  readonly readGapSeconds: number
  readonly lostAcknowledgedWrites: number
  readonly duplicatePrimaries: number
  /** Null when full redundancy did not come back in time. */
  readonly fullRedundancySeconds: number | null
  readonly objectivesMet: boolean
  /** What was wrong with it, in words. */
  readonly failed: readonly string[]
}

export interface ScheduledDrillObservation {
  readonly drill: string
  /** When it is due next; null when it never is again. */
  readonly next: string | null
  /** Newest time it was due since it is scheduled; null when none has come yet. */
  readonly due: string | null
  /** It is under way. */
  readonly running: boolean
  /** The newest time that was dealt with, and what became of it. */
  readonly attempt: {
    readonly dueAt: string
    readonly startedAt: string | null
    readonly outcome: 'ran' | 'refused' | 'skipped' | 'failed' | 'interrupted'
    readonly reason: string | null
  } | null
}

/** What checks and the status look at of a cluster; plan/cluster-view.ts has more. */
export interface ClusterObservation {
  readonly leader?: string
  readonly members: readonly ClusterMemberObservation[]
  readonly etcd: {
    readonly quorum: boolean
    readonly members: readonly { readonly name: string; readonly healthy: boolean }[]
  }
  readonly paused: boolean
  readonly failsafeActive: boolean
  /** Members that hold every acknowledged write. */
  readonly synchronous: readonly string[]
}

export interface ClusterMemberObservation {
  readonly name: string
  readonly role: 'primary' | 'standby' | 'unreachable'
  /** Patroni's word. */
  readonly state: string
  readonly timeline?: number
  readonly lagBytes?: number
  readonly lagSeconds?: number
  readonly sync: 'async' | 'sync' | 'quorum' | 'none'
  readonly postgresVersion?: string
  readonly patroniVersion?: string
}
