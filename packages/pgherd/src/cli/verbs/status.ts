import { exitCodes } from '../../diagnostic/diagnostic.ts'
import type { Verb } from '../command.ts'
import { readStatus } from '../read-status.ts'
import { openSession } from '../session.ts'
import { showStatus } from '../views/status.ts'

export const run: Verb = async (invocation) => {
  const session = await openSession(invocation.globals, { savedSpec: true })
  const [status, cluster] = await Promise.all([
    readStatus(session, session.context(invocation)),
    session.cluster && (await import('../cluster-status.ts')).readClusterStatus(session, session.cluster),
  ])
  const document = { ...status, ...cluster }
  showStatus(document, invocation.output)
  invocation.output.document(document)
  return status.healthy ? exitCodes.done : exitCodes.findings
}
