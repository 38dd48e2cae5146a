import { exitCodes } from '../diagnostic/diagnostic.ts'
import type { RestoreRequest } from '../operations/restore-plan.ts'
import { planClusterRestore, runClusterRestore } from '../operations/restore-cluster/run-restore.ts'
import { planUndo, runUndo } from '../operations/restore-cluster/run-undo.ts'
import type { Invocation } from './command.ts'
import { textOption } from './option.ts'
import type { Session } from './session.ts'
import { endDryRun, showOperationPlan } from './views/cluster-operation.ts'
import { confirm } from './views/confirm.ts'
import { showClusterRestored, showRestorePlan } from './views/restore.ts'

/** Restores a cluster in place, or brings back the one from before; gives the exit code. */
export async function restoreCluster(
  session: Session,
  request: RestoreRequest | 'undo',
  invocation: Invocation,
): Promise<number> {
  const { options, output } = invocation
  const { name } = session.spec
  const context = session.context(invocation)
  const plan = request === 'undo' ? await planUndo(context) : await planClusterRestore(context, request)
  if (plan.restore) showRestorePlan(plan.restore, output)
  if (options['dryRun'] === true) return endDryRun(plan, output)
  showOperationPlan(plan, output)
  using _lock = session.lock('pgherd restore')
  if (textOption(options, 'name') !== name)
    await confirm(`This replaces the data of every member of "${name}".`, invocation, name)
  const result = request === 'undo' ? await runUndo(context) : await runClusterRestore(context, request)
  showClusterRestored(result, output)
  output.document({ ok: true, dryRun: false, ...result })
  return result.findings.some(({ code }) => code === 'RESTORE_NOT_WHOLE')
    ? exitCodes.findings
    : exitCodes.done
}
