import { clusterOperation } from '../../operations/cluster-operation.ts'
import type { SwitchoverPlan } from '../../operations/switchover/decide.ts'
import { planSwitchover, runSwitchover } from '../../operations/switchover/run-switchover.ts'
import type { Verb } from '../command.ts'
import { durationOption, timeOption } from '../duration-option.ts'
import { textOption } from '../option.ts'
import { openSession } from '../session.ts'
import { endDryRun, endOperation, showOperationPlan } from '../views/cluster-operation.ts'
import { secondsText } from '../views/quantities.ts'

export const run: Verb = async (invocation) => {
  const { globals, options, output } = invocation
  const [to, at] = [textOption(options, 'to'), textOption(options, 'at')]
  const request = {
    ...(to === undefined ? {} : { to }),
    ...(at === undefined ? {} : { at: timeOption(at, 'at') }),
  }
  const drainMs = durationOption(options, 'drain', 60) * 1000
  const session = await openSession(globals, { savedSpec: true })
  const operation = { ...clusterOperation(session.context(invocation), 'a switchover'), request, drainMs }
  if (options['dryRun'] === true) return endDryRun(await planSwitchover(operation), output)
  let plan: SwitchoverPlan | undefined
  const result = await runSwitchover({
    ...operation,
    lock: () => session.lock('pgherd switchover'),
    approve: (made) => {
      plan = made
      showOperationPlan(made, output)
      return Promise.resolve()
    },
  })
  const text = `${result.to} is the primary and ${result.from} follows it; clients waited for ${secondsText(result.pausedMs / 1000)}.`
  return endOperation(plan, result, text, output)
}
