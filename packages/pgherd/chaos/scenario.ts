import type { Repository } from '../src/backup/repository.ts'
import type { ClusterAccess } from '../src/cluster/access.ts'
import type { Durability } from '../src/components/patroni/durability.ts'
import type { Aim, DrillCheck, Fault } from '../src/operations/drill/drill.ts'
import type { DrillWorld } from '../src/operations/drill/world.ts'
import type { ClusterView } from '../src/plan/cluster-view.ts'

/** What the scenarios of this suite have at hand beside what drills have. */
export interface ChaosWorld extends DrillWorld {
  /** The spec of the cluster, for whoever runs pgherd on it; a scenario may change it. */
  readonly specFile: string
  readonly access: ClusterAccess
  /** Directory of PostgreSQL's programs. */
  readonly postgresBin: string
  openRepository(): Promise<Repository>
}

/** A fault of the safety suite: as a drill, but for the machine of a developer and hurting more. */
export interface Scenario extends Fault {
  /** How many seconds it takes about, so that a short slice can leave out the slow ones. */
  readonly usualSeconds: number
  /** The durability it is about; `sync`, which is what users get, when left out. */
  readonly durability?: Durability
  aim(world: ChaosWorld, view: ClusterView): Promise<Aim>
  inject(world: ChaosWorld, aim: Aim): Promise<void>
  heal(world: ChaosWorld, aim: Aim): Promise<void>
  checkDuring?(world: ChaosWorld, aim: Aim): Promise<readonly DrillCheck[]>
  checkAfter?(world: ChaosWorld, aim: Aim): Promise<readonly DrillCheck[]>
}
