import { diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { ClusterView } from '../../plan/cluster-view.ts'
import type { Decision, OperationPlan } from '../operation-plan.ts'

export interface ReloadPlan extends OperationPlan {
  readonly operation: 'reload'
  readonly members: readonly string[]
}

/** Every member that answers reads its configuration again; who does not answer reads it when it starts. Pure. */
export function decideReload(view: ClusterView): Decision<ReloadPlan> {
  const members = view.members.filter(({ role }) => role !== 'unreachable').map(({ name }) => name)
  const away = view.members.filter(({ role }) => role === 'unreachable')
  if (members.length === 0)
    return {
      refused: [
        diagnose('MEMBER_UNREACHABLE', {
          detail: 'Patroni of no member answers, so nobody can be told',
          mend: mend.run('pgherd', 'up'),
        }),
      ],
    }
  return {
    plan: {
      operation: 'reload',
      members,
      steps: members.map((member) => ({
        title: `have ${member} read its configuration again`,
        because: 'asked for',
        impact: 'reload',
        member,
      })),
      findings: away.map(({ name }) =>
        diagnose('MEMBER_AWAY', {
          detail: `${name} does not answer; it reads its configuration when it starts`,
          mend: mend.run('pgherd', 'up'),
          at: { member: name },
        }),
      ),
    },
  }
}
