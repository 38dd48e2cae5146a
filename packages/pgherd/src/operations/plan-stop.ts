import type { MemberKind } from '../topology/topology.ts'
import type { OperationPlan, OperationStep } from './operation-plan.ts'

/** What runs on a member. */
export interface RunningMember {
  readonly name: string
  readonly kind: MemberKind
  /** Names of units. */
  readonly running: readonly string[]
}

/** In which order `down` stops what runs, and why. Pure. */
export function planStop(members: readonly RunningMember[], primary: string | undefined): OperationPlan {
  const single = members.length === 1
  const place = ({ name, kind }: RunningMember) => (kind === 'gateway' ? 0 : name === primary ? 2 : 1)
  const because = (member: RunningMember): string => {
    if (single) return 'asked for; the data stays'
    return [
      'the gateway first, so that no client comes any more',
      'standbys before the primary, so that it has nobody to hand over to; etcd only when nobody needs it',
      'the primary last; the data stays',
    ][place(member)] as string
  }
  const steps = members
    .filter(({ running }) => running.length > 0)
    .toSorted((a, b) => place(a) - place(b))
    .map((member): OperationStep => ({
      title: `stop ${member.running.join(', ')} of ${member.name}`,
      because: because(member),
      impact: 'stop',
      member: member.name,
    }))
  return { operation: 'down', steps, findings: [] }
}
