import { EtcdApi } from '../../cluster/etcd-api.ts'
import { observeCluster } from '../../cluster/observe-cluster.ts'
import { DiagnosticError, diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import { planOf } from '../cluster-operation.ts'
import { addMember } from './add-member.ts'
import { decideScale, type ScalePlan } from './decide.ts'
import { orderOf } from './present-servers.ts'
import { removeMember } from './remove-member.ts'
import type { ScaleOptions } from './scale-options.ts'

export interface ScaleResult {
  readonly members: number
  readonly added: readonly string[]
  readonly removed: readonly string[]
  /** Directories of members that are gone, with their data. */
  readonly kept: readonly string[]
  readonly findings: readonly Diagnostic[]
}

/** What would be done. Throws DiagnosticError with the refusals. */
export async function planScale(
  options: Pick<
    ScaleOptions,
    'access' | 'members' | 'durability' | 'listed' | 'present' | 'declared' | 'destroyData'
  >,
): Promise<ScalePlan> {
  const { access, members, durability, listed, present, declared, destroyData } = options
  return planOf(
    decideScale(await observeCluster(access), {
      members,
      durability,
      present,
      declared,
      destroyData,
      ...(listed === undefined ? {} : { listed }),
    }),
  )
}

/**
 * Adds or removes servers one at a time. Each step may be repeated: a run that was cut off is finished by the next, since
 * the spec is changed last. Throws DiagnosticError, SCALE_INCOMPLETE among them.
 */
export async function runScale(options: ScaleOptions): Promise<ScaleResult> {
  const plan = await planScale(options)
  await options.approve?.(plan)
  const kept: string[] = []
  // those that are there stay in the configuration of everybody, also where one in their middle was missing
  let count = Math.max(0, ...options.present.whole.map(orderOf))
  for (const name of plan.add) {
    count = Math.max(count, orderOf(name))
    await addMember(options, name, count)
  }
  for (const name of plan.remove) {
    const left = await removeMember(options, name, orderOf(name) - 1)
    if (left !== undefined) kept.push(left)
  }
  if (plan.steps.length > 0) {
    const inEtcd = (await new EtcdApi(options.access).members()).map(({ name }) => name)
    if (inEtcd.length !== plan.to) throw incomplete(plan, inEtcd)
  }
  // also when there was nothing to do: the spec may ask for what somebody has thought better of
  await options.editSpec(plan.to)
  return { members: plan.to, added: plan.add, removed: plan.remove, kept, findings: plan.findings }
}

function incomplete({ to }: ScalePlan, inEtcd: readonly string[]): DiagnosticError {
  return new DiagnosticError(
    diagnose('SCALE_INCOMPLETE', {
      detail: `etcd has ${inEtcd.length} members (${inEtcd.join(', ')}), and there should be ${to}; the spec was left as it is`,
      mend: mend.run('pgherd', 'scale', '--members', String(to)),
    }),
  )
}
