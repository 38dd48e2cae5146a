import type { PackageChange } from '../../hosts/local/upgrade-packages.ts'
import type { Decision, OperationPlan } from '../operation-plan.ts'
import { busyRefusal, type Busy } from './busy.ts'
import { packagesStep } from './packages.ts'
import { changesOf, refusedChanges, type VersionChange } from './versions.ts'

/** What is known of a single server before it is upgraded. */
export interface SingleCircumstances {
  readonly member: string
  /** The version that runs, such as `15.18`. */
  readonly running: string
  /** What a restart would start. */
  readonly installed: string
  readonly busy: readonly Busy[]
  readonly packages: readonly PackageChange[]
}

export interface SinglePlan extends OperationPlan {
  readonly operation: 'upgrade'
  readonly changes: readonly VersionChange[]
  readonly packages: readonly PackageChange[]
}

/** Whether a single server is restarted with newer programs; nobody takes over meanwhile, so its clients notice. Pure. */
export function decideSingle(circumstances: SingleCircumstances): Decision<SinglePlan> {
  const { member, running, installed, busy, packages } = circumstances
  const changes = changesOf([{ member, running: { postgres: running }, installed: { postgres: installed } }])
  const refused =
    changes.length === 0 && packages.length === 0 ? [] : [...refusedChanges(changes), ...busyRefusal(busy)]
  if (refused.length > 0) return { refused }
  return {
    plan: {
      operation: 'upgrade',
      changes,
      packages,
      steps: [
        ...packagesStep(packages),
        ...changes.map(({ from, to }) => ({
          title: `restart PostgreSQL of ${member}`,
          because: `PostgreSQL ${from} runs, ${to} is installed; a single server has nobody to hand over to, so its clients are disconnected`,
          impact: 'restart' as const,
          member,
        })),
      ],
      findings: [],
    },
  }
}
