import { observeCluster } from '../../cluster/observe-cluster.ts'
import { PatroniApi } from '../../cluster/patroni-api.ts'
import { DiagnosticError, diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import { memberNamed } from '../../topology/topology.ts'
import { hostOf, planOf, rowsOf, type ClusterOperation } from '../cluster-operation.ts'
import { waitUntil } from '../wait-until.ts'
import { decideFailover, type FailoverPlan, type FailoverRequest } from './decide.ts'
import { readPositions } from './positions.ts'

export interface FailoverOptions extends ClusterOperation {
  readonly request: FailoverRequest
  readonly approve?: (plan: FailoverPlan) => Promise<void>
}

export interface FailoverResult {
  readonly from?: string
  readonly to: string
  /** What could have been lost, as it was said before. */
  readonly risks: readonly string[]
  readonly findings: readonly Diagnostic[]
}

const promotedMs = 60_000

/** What would be done. Throws DiagnosticError with the refusals. */
export async function planFailover({ access, sites, request }: FailoverOptions): Promise<FailoverPlan> {
  const [view, positions] = await Promise.all([observeCluster(access), readPositions(sites)])
  return planOf(decideFailover(view, positions, request))
}

/** Makes a member the primary by force; gives back once it takes writes. Throws DiagnosticError, FAILOVER_FAILED among them. */
export async function runFailover(options: FailoverOptions): Promise<FailoverResult> {
  const { access, sites, signal, report } = options
  const plan = await planFailover(options)
  await options.approve?.(plan)
  const { to, from, risks, findings } = plan
  let answer: unknown
  report(`making ${to} the primary`)
  const asked = new PatroniApi(access, memberNamed(access.topology, to), { timeoutMs: promotedMs })
    .failover({ candidate: to })
    .catch((error: unknown) => {
      answer = error
    })
  const promoted = await waitUntil(
    async () => {
      const [row] = await rowsOf(hostOf(sites, to), 'SELECT pg_is_in_recovery() AS standby')
      return row?.['standby'] === false && (await observeCluster(access)).leader === to ? true : undefined
    },
    { ms: promotedMs, signal, pollMs: 250 },
  )
  if (promoted) return { ...(from === undefined ? {} : { from }), to, risks, findings }
  await asked
  throw new DiagnosticError(
    diagnose('FAILOVER_FAILED', {
      detail: `after ${promotedMs / 1000} s ${to} is not the primary${answer instanceof Error ? `: ${answer.message}` : ''}`,
      mend: mend.run('pgherd', 'logs', 'patroni'),
      at: { member: to },
    }),
    { cause: answer },
  )
}
