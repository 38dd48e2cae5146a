import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { clusterOperation } from '../../operations/cluster-operation.ts'
import type { FailoverPlan } from '../../operations/failover/decide.ts'
import { planFailover, runFailover } from '../../operations/failover/run-failover.ts'
import type { Verb } from '../command.ts'
import { textOption } from '../option.ts'
import { openSession } from '../session.ts'
import { endDryRun, endOperation, showOperationPlan } from '../views/cluster-operation.ts'
import { confirm } from '../views/confirm.ts'

export const run: Verb = async (invocation) => {
  const { globals, options, output } = invocation
  const session = await openSession(globals, { savedSpec: true })
  const to = textOption(options, 'to')
  if (to === undefined) {
    throw new DiagnosticError(
      diagnose('USAGE', {
        detail: 'a failover by hand needs to know which member takes over',
        mend: mend.run('pgherd', 'failover', '--to', 'pg2'),
      }),
    )
  }
  const operation = {
    ...clusterOperation(session.context(invocation), 'a failover'),
    request: { to, allowDataLoss: options['allowDataLoss'] === true },
  }
  if (options['dryRun'] === true) return endDryRun(await planFailover(operation), output)
  using _lock = session.lock('pgherd failover')
  let plan: FailoverPlan | undefined
  const result = await runFailover({
    ...operation,
    async approve(made) {
      plan = made
      showOperationPlan(made, output)
      const lost = made.risks.length === 0 ? '' : ` What may be lost: ${made.risks.join('; ')}.`
      const deposed = made.from === undefined ? '' : ` ${made.from} is healthy and its clients are cut off.`
      if (made.grave)
        await confirm(`This makes ${to} the primary by force.${deposed}${lost} Go on?`, invocation)
    },
  })
  return endOperation(plan, result, `${to} is the primary.`, output)
}
