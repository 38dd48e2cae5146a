import type {
  ArchiveObservation,
  CatalogueObservation,
  FenceObservation,
  GatewayObservation,
} from '../checks/observation.ts'
import type { ClusterView } from '../plan/cluster-view.ts'
import type { ServerFacts } from './server-facts.ts'

/** Where backups, proofs and the restorable window come from; over the repository in production. */
export interface CatalogueSource {
  read(): Promise<CatalogueObservation>
  /** Records as stored, for the API. Newest first. */
  backups(): Promise<readonly object[]>
  proofs(): Promise<readonly object[]>
}

/** The running WAL archive. */
export interface ArchiveSource {
  /** From memory; `server` gives the position to measure the lag against, null while unknown. */
  observe(server: ServerFacts | null, now: Date): ArchiveObservation
  stop(): Promise<void>
}

/** A unit as its supervisor wrote it down. */
export interface SeenUnit {
  readonly member: string
  readonly name: string
  readonly state: string
  readonly restarts: number
  readonly lastExit: string | null
}

/** Restarts and state of the units, from the supervisors' state files. */
export interface UnitSource {
  read(): Promise<readonly SeenUnit[]>
}

/** A cluster as a whole, at one moment. */
export interface ClusterLook {
  readonly view: ClusterView
  readonly gateway: GatewayObservation
  readonly fences: readonly FenceObservation[]
  /** RFC 3339; null when pgherd has not paused the automation. */
  readonly pausedUntil: string | null
}

/** Looks at the cluster; what is down is missing from the look or said to be so. */
export interface ClusterSource {
  look(): Promise<ClusterLook>
}
