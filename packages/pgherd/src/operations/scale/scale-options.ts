import type { Wanted } from '../../plan/wanted.ts'
import type { ClusterOperation, OperationSite } from '../cluster-operation.ts'
import type { ScalePlan } from './decide.ts'
import type { PresentServers } from './present-servers.ts'

/** A member with what it should be. */
export interface JoiningSite extends OperationSite {
  readonly wanted: Pick<Wanted, 'directories' | 'files'>
}

/** `access` and `sites` are of every server of which there is a trace. */
export interface ScaleOptions extends ClusterOperation {
  readonly members: number
  /** The servers there are, which the spec need not say any more. */
  readonly present: PresentServers
  /** Servers by the spec. */
  readonly declared: number
  readonly durability: 'async' | 'sync' | 'quorum' | 'strict'
  /** Entries of `topology.addresses`, when there are any. */
  readonly listed?: number
  /** Every member of a cluster with so many servers; made anew for each count on the way, even ones among them. */
  readonly sitesOf: (members: number) => Promise<readonly JoiningSite[]>
  /** Brings a cluster with so many servers to its declared state (operations/up.ts). */
  readonly bringUp: (members: number) => Promise<void>
  /** Stops everything that runs on a member, its supervisor last. */
  readonly stopAll: (member: string) => Promise<unknown>
  /** Writes the new number into the spec, once it is true; nothing to do where it stands there. */
  readonly editSpec: (members: number) => Promise<void>
  /** Remove the data of members that go; else it is kept and named. */
  readonly destroyData: boolean
  readonly approve?: (plan: ScalePlan) => Promise<void>
}
