import { exitCodes } from '../../diagnostic/diagnostic.ts'
import { verify } from '../../operations/verify/verify.ts'
import type { Verb } from '../command.ts'
import { openSession } from '../session.ts'
import { showPromise, showVerdict } from '../views/promises.ts'

export const run: Verb = async (invocation) => {
  const { globals, output } = invocation
  const session = await openSession(globals, { savedSpec: true })
  const results = await verify(session.context(invocation), (result) => showPromise(result, output))
  showVerdict(results, output)
  const ok = results.every((result) => result.ok)
  output.document({ ok, promises: results })
  return ok ? exitCodes.done : exitCodes.findings
}
