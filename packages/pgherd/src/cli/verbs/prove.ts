import { exitCodes } from '../../diagnostic/diagnostic.ts'
import { planProof } from '../../operations/plan-proof.ts'
import { proveOrRenew } from '../../operations/prove-or-renew.ts'
import type { Verb } from '../command.ts'
import { textOption } from '../option.ts'
import { openSession } from '../session.ts'
import { endDryRun } from '../views/cluster-operation.ts'
import { showProof } from '../views/proof.ts'

export const run: Verb = async (invocation) => {
  const { globals, options, output } = invocation
  const session = await openSession(globals, { savedSpec: true })
  const backup = textOption(options, 'backup')
  const context = session.context(invocation)
  if (options['dryRun'] === true) return endDryRun(await planProof(context, backup), output)
  const result = await proveOrRenew(context, backup === undefined ? {} : { backup })
  const { proof, renewed = null, notRenewed = null } = result
  showProof(result, output)
  output.document({ ...proof, renewed, notRenewed })
  // the fresh backup does not make the failed one good: whoever asked is told
  return proof.ok ? exitCodes.done : exitCodes.findings
}
