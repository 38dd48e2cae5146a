import { exitCodes } from '../../diagnostic/diagnostic.ts'
import { checks } from '../../checks/registry.ts'
import type { Verb } from '../command.ts'
import { readStatus } from '../read-status.ts'
import { openSession } from '../session.ts'

export const run: Verb = async (invocation) => {
  const { globals, options, output } = invocation
  const session = await openSession(globals, { savedSpec: true })
  const { healthy, findings } = await readStatus(session, session.context(invocation))
  output.document({ healthy, findings })
  if (options['verbose'] === true) {
    const raised = new Set(findings.map(({ code }) => code as string))
    for (const { id } of checks) {
      if (!raised.has(id.toUpperCase().replaceAll('-', '_'))) output.line(`${output.paint.green('ok')} ${id}`)
    }
  }
  output.findings(findings)
  if (healthy) output.line(output.paint.green(findings.length === 0 ? 'healthy' : 'healthy, with remarks'))
  else output.line(output.paint.red('unhealthy'))
  return healthy ? exitCodes.done : exitCodes.findings
}
