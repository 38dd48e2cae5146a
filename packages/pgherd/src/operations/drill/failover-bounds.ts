import { failoverTiming, worstCase } from '../../components/failover-timing.ts'
import type { OperationContext } from '../context.ts'
import type { FailoverBounds } from './drill.ts'

/** What `plan` states for the preset of the spec and the Patroni that is installed. */
export function failoverBoundsOf({ spec, facts }: OperationContext): FailoverBounds {
  const timing = failoverTiming(spec.topology.failover, facts.programs.patroni?.version ?? '3.0.2')
  const { killPostgres, loseMember, switchover } = worstCase(timing)
  return { lease: timing.ttl, killPostgres, memberLoss: loseMember, switchover }
}
