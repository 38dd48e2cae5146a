import type { ClusterAccess } from '../cluster/access.ts'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { ReadHost, WriteHost } from '../hosts/host.ts'
import type { Decision, OperationPlan } from './operation-plan.ts'
import type { OperationContext, Site } from './context.ts'

/** What operations need of a member beyond what the cluster answers over the network. */
export interface OperationSite {
  readonly member: Site['member']
  readonly host: WriteHost
}

/** What an operation on a cluster works with. */
export interface ClusterOperation {
  readonly access: ClusterAccess
  readonly sites: readonly OperationSite[]
  readonly signal: AbortSignal
  /** One line of progress for people; share between 0 and 1 when known. */
  readonly report: (message: string, share?: number) => void
  readonly now: () => Date
}

/** The cluster of a context. Throws DiagnosticError CLUSTER_ONLY for a single server. */
export function clusterOperation(context: OperationContext, operation: string): ClusterOperation {
  const { cluster, sites, signal, report, now, spec } = context
  if (!cluster || !sites) {
    throw new DiagnosticError(
      diagnose('CLUSTER_ONLY', {
        detail: `"${spec.name}" is a single server, and ${operation} is about the members of a cluster`,
        mend: mend.edit('topology.members', 3),
      }),
    )
  }
  return { access: cluster, sites, signal, report, now }
}

/** The machine of a member; throws when there is none, which is a defect of the caller. */
export function hostOf(sites: readonly OperationSite[], member: string): WriteHost {
  const site = sites.find((each) => each.member.name === member)
  if (!site) throw new Error(`there is no site of ${member}`)
  return site.host
}

/** The plan of a decision; throws DiagnosticError with every refusal. */
export function planOf<P extends OperationPlan>(decision: Decision<P>): P {
  if ('refused' in decision) throw new DiagnosticError(decision.refused)
  return decision.plan
}

/** Rows of a query over a member's own socket. */
export function rowsOf(
  host: ReadHost,
  text: string,
  database = 'postgres',
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return host.probe({ kind: 'sql', database, text, parse: (rows) => rows })
}
