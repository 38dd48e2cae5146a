import { clusterOperation } from '../../operations/cluster-operation.ts'
import type { ReloadPlan } from '../../operations/reload/decide.ts'
import { planReload, runReload } from '../../operations/reload/run-reload.ts'
import type { Verb } from '../command.ts'
import { openSession } from '../session.ts'
import { endDryRun, endOperation, showOperationPlan } from '../views/cluster-operation.ts'

export const run: Verb = async (invocation) => {
  const { globals, options, output } = invocation
  const session = await openSession(globals, { savedSpec: true })
  const operation = clusterOperation(session.context(invocation), 'this reload')
  if (options['dryRun'] === true) return endDryRun(await planReload(operation), output)
  using _lock = session.lock('pgherd reload')
  let plan: ReloadPlan | undefined
  const result = await runReload({
    ...operation,
    approve: (made) => {
      plan = made
      showOperationPlan(made, output)
      return Promise.resolve()
    },
  })
  const waiting =
    result.pendingRestart.length === 0
      ? 'No setting waits for a restart.'
      : `Settings wait for a restart of ${result.pendingRestart.join(', ')}: pgherd restart --rolling --pending`
  return endOperation(
    plan,
    result,
    `${result.reloaded.join(', ')} read their configuration again. ${waiting}`,
    output,
  )
}
