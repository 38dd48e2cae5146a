import { clusterOperation } from '../../operations/cluster-operation.ts'
import { planPause, runPause } from '../../operations/pause/run-pause.ts'
import type { Verb } from '../command.ts'
import { openSession } from '../session.ts'
import { endDryRun, endOperation } from '../views/cluster-operation.ts'

export const run: Verb = async (invocation) => {
  const { globals, options, output } = invocation
  const session = await openSession(globals, { savedSpec: true })
  const operation = clusterOperation(session.context(invocation), 'a pause of automation')
  if (options['dryRun'] === true) return endDryRun(await planPause(operation), output)
  using _lock = session.lock('pgherd unpause')
  const plan = await runPause(operation)
  const text = plan.steps.length === 0 ? 'Automation was not paused.' : 'Automation goes on.'
  return endOperation(plan, { paused: false, until: null }, text, output)
}
