import { clusterOperation } from '../../operations/cluster-operation.ts'
import { planPause, runPause } from '../../operations/pause/run-pause.ts'
import type { Verb } from '../command.ts'
import { durationOption } from '../duration-option.ts'
import { openSession } from '../session.ts'
import { endDryRun, endOperation } from '../views/cluster-operation.ts'

/** A pause that lasts longer than this is forgotten by people. */
const mostSeconds = 7 * 86_400

export const run: Verb = async (invocation) => {
  const { globals, options, output } = invocation
  const forSeconds = durationOption(options, 'for', mostSeconds)
  const session = await openSession(globals, { savedSpec: true })
  const operation = { ...clusterOperation(session.context(invocation), 'a pause of automation'), forSeconds }
  if (options['dryRun'] === true) return endDryRun(await planPause(operation), output)
  using _lock = session.lock('pgherd pause')
  const plan = await runPause(operation)
  const until = plan.until ?? ''
  return endOperation(
    plan,
    { paused: true, until },
    `Automation is paused until ${until}: no failover, and nothing heals by itself. Earlier: pgherd unpause`,
    output,
  )
}
