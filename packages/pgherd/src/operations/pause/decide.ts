import { diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { ClusterView } from '../../plan/cluster-view.ts'
import type { Decision, OperationPlan } from '../operation-plan.ts'

export interface PausePlan extends OperationPlan {
  readonly operation: 'pause' | 'unpause'
  /** RFC 3339; when automation comes back by itself. */
  readonly until?: string
}

/** Whether automation may be paused, and until when. A second pause moves the end. Pure. */
export function decidePause(view: ClusterView, seconds: number, now: Date): Decision<PausePlan> {
  const refused = unreachable(view)
  if (refused.length > 0) return { refused }
  const until = new Date(now.getTime() + seconds * 1000).toISOString()
  return {
    plan: {
      operation: 'pause',
      until,
      steps: [
        {
          title: `pause automation until ${until}`,
          because: 'asked for; no failover happens meanwhile, and nothing heals by itself',
          impact: 'nothing',
        },
      ],
      findings: [],
    },
  }
}

/** Whether there is anything to take back. Pure. */
export function decideUnpause(view: ClusterView): Decision<PausePlan> {
  const refused = unreachable(view)
  if (refused.length > 0) return { refused }
  return {
    plan: {
      operation: 'unpause',
      steps: view.paused ? [{ title: 'let automation go on', because: 'asked for', impact: 'nothing' }] : [],
      findings: [],
    },
  }
}

function unreachable(view: ClusterView): readonly Diagnostic[] {
  if (view.etcd.quorum && view.members.some(({ role }) => role !== 'unreachable')) return []
  return [
    view.etcd.quorum
      ? diagnose('MEMBER_UNREACHABLE', {
          detail: 'Patroni of no member answers, so nobody can be told',
          mend: mend.run('pgherd', 'up'),
        })
      : diagnose('ETCD_NO_QUORUM', {
          detail: 'a majority of etcd does not answer, so nothing can be written there',
          mend: mend.run('pgherd', 'up'),
        }),
  ]
}
