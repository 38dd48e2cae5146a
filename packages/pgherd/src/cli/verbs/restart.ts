import { clusterOperation } from '../../operations/cluster-operation.ts'
import type { RestartPlan } from '../../operations/restart/decide.ts'
import { planRestart, runRestart } from '../../operations/restart/run-restart.ts'
import { runSwitchover } from '../../operations/switchover/run-switchover.ts'
import type { Verb } from '../command.ts'
import { textOption } from '../option.ts'
import { openSession } from '../session.ts'
import { endDryRun, endOperation, showOperationPlan } from '../views/cluster-operation.ts'
import { confirm } from '../views/confirm.ts'

export const run: Verb = async (invocation) => {
  const { globals, options, output } = invocation
  const member = textOption(options, 'member')
  const session = await openSession(globals, { savedSpec: true })
  const cluster = clusterOperation(session.context(invocation), 'this restart')
  const operation = {
    ...cluster,
    request: {
      ...(member === undefined ? {} : { member }),
      rolling: options['rolling'] === true,
      pendingOnly: options['pending'] === true,
    },
    handOver: (to: string | undefined) =>
      runSwitchover({ ...cluster, request: to === undefined ? {} : { to } }),
  }
  if (options['dryRun'] === true) return endDryRun(await planRestart(operation), output)
  using _lock = session.lock('pgherd restart')
  let plan: RestartPlan | undefined
  const result = await runRestart({
    ...operation,
    async approve(made) {
      plan = made
      showOperationPlan(made, output)
      if (made.steps.some(({ impact }) => impact === 'restart'))
        await confirm('Clients wait while the primary restarts. Go on?', invocation)
    },
  })
  const waiting =
    result.pendingRestart.length === 0
      ? ''
      : ` Settings still wait for a restart of ${result.pendingRestart.join(', ')}.`
  const done =
    result.restarted.length === 0
      ? 'No member had to be restarted.'
      : `Restarted ${result.restarted.join(', ')}; ${result.leader} is the primary.`
  return endOperation(plan, result, `${done}${waiting}`, output)
}
