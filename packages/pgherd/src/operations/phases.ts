import type { Plan, Step } from '../plan/plan.ts'

/** Steps that may be carried out together: each member's in their order, the members side by side or one by one. */
export interface Phase {
  readonly steps: readonly Step[]
  /** One member after the other, in the order of `steps`, waiting for the cluster in between. */
  readonly oneByOne: boolean
  /** What must have come about before the phase begins. */
  readonly needs: 'nothing' | 'etcd'
}

/** What the home provides to all the others: its directories, the secrets and the CA. */
const preparing: readonly Step['action']['do'][] = [
  'make-directory',
  'provide-secret',
  'issue-certificate',
  'install-certificate',
]
/** Units that need a majority of etcd at their start; Patroni would otherwise sleep for five seconds and ask again. */
const needingEtcd: readonly string[] = ['patroni', 'fence', 'agent', 'drills']

/**
 * Cuts the plan of a cluster into phases: first what the home prepares for all, then files and etcd, then what needs
 * etcd, and last, one member after the other, what takes a member away for a moment. `order` names the members in the
 * order in which they may be interrupted. Pure.
 */
export function phasesOf(plan: Plan, home: string, order: readonly string[]): readonly Phase[] {
  const phases: { prepare: Step[]; base: Step[]; rest: Step[]; interrupting: Step[] } = {
    prepare: [],
    base: [],
    rest: [],
    interrupting: [],
  }
  for (const step of plan.steps) {
    const { action } = step
    const unit = 'unit' in action && typeof action.unit === 'object' ? action.unit.name : undefined
    if (interrupts(step, unit)) phases.interrupting.push(step)
    else if (step.member === home && preparing.includes(action.do)) phases.prepare.push(step)
    else if (action.do === 'run-sql' || action.do === 'patch-dynamic-config') phases.rest.push(step)
    else if (unit !== undefined && needingEtcd.includes(unit)) phases.rest.push(step)
    else phases.base.push(step)
  }
  const rank = ({ member }: Step) => order.indexOf(member)
  return [
    { steps: phases.prepare, oneByOne: false, needs: 'nothing' } as const,
    { steps: phases.base, oneByOne: false, needs: 'nothing' } as const,
    { steps: phases.rest, oneByOne: false, needs: 'etcd' } as const,
    {
      steps: phases.interrupting.toSorted((a, b) => rank(a) - rank(b)),
      oneByOne: true,
      needs: 'nothing',
    } as const,
  ].filter(({ steps }) => steps.length > 0)
}

/** Whether the step takes a member of the majority away for a moment. */
function interrupts(step: Step, unit: string | undefined): boolean {
  const { action, cause } = step
  // a unit that is down is brought back at once: nothing of it can be interrupted
  return takesServerAway(step) || (action.do === 'restart-unit' && cause !== 'repair' && unit === 'etcd')
}

/** Whether PostgreSQL of the member stops and starts: Patroni stops it when it ends. One that is down has no impact. */
export function takesServerAway({ action, impact }: Step): boolean {
  if (action.do === 'restart-postgres') return true
  return action.do === 'restart-unit' && impact !== 'nothing' && action.unit.name === 'patroni'
}

/** The steps by member, each member's in their order. */
export function byMember(steps: readonly Step[]): ReadonlyMap<string, readonly Step[]> {
  const members = new Map<string, Step[]>()
  for (const step of steps) members.set(step.member, [...(members.get(step.member) ?? []), step])
  return members
}
