import type { ApplyTools } from '../apply/executor.ts'
import type { ClusterAccess } from '../cluster/access.ts'
import type { WriteHost } from '../hosts/host.ts'
import type { Wanted } from '../plan/wanted.ts'
import type { Spec } from '../spec/schema.ts'
import type { HostFacts } from '../topology/host-facts.ts'
import type { Member, Topology } from '../topology/topology.ts'

/** One member, with the machine it is on and what it should be. */
export interface Site {
  readonly member: Member
  readonly host: WriteHost
  readonly facts: HostFacts
  readonly wanted: Wanted
  readonly tools: ApplyTools
}

/** What every operation gets: the declared world, the machine, and where to report. */
export interface OperationContext {
  readonly spec: Spec
  readonly topology: Topology
  /** The home: the only member, or the gateway of a cluster. */
  readonly member: Member
  readonly facts: HostFacts
  /** Every member; only where the operation was started by the command line, the agent has none. */
  readonly sites?: readonly Site[]
  /** How the parts of a cluster are reached; absent for a single server. */
  readonly cluster?: ClusterAccess
  /** Value of a secret by id (`backup-key`, `role-<name>`, `agent-token`); throws DiagnosticError when it is gone. */
  readSecret(id: string): Promise<string>
  /** One line of progress for people; share between 0 and 1 when known. */
  readonly report: (message: string, share?: number) => void
  readonly signal: AbortSignal
  readonly now: () => Date
}
