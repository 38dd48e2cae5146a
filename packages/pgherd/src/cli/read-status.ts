import type { StatusDocument } from '../agent/status-document.ts'
import { httpText } from '../hosts/http-text.ts'
import { agentUrl } from '../operations/agent-url.ts'
import type { OperationContext } from '../operations/context.ts'
import type { Session } from './session.ts'

/**
 * The status as the agent keeps it, which is at hand at once. When the agent does not answer, what can be seen without it:
 * the units, the cluster, and the proofs in the repository; never healthy.
 */
export async function readStatus(session: Session, context: OperationContext): Promise<StatusDocument> {
  const answer = await askAgent(session)
  if (typeof answer !== 'string') return answer
  // the usual answer needs none of this, and loading it takes longer than the answer
  const { statusWithoutAgent } = await import('./status-without-agent.ts')
  return await statusWithoutAgent(session, context, answer)
}

/** The document, or why there is none. */
async function askAgent({ spec, member }: Session): Promise<StatusDocument | string> {
  try {
    const url = `${agentUrl(spec.agent.listen, member.ports.agent)}/api/v1/status`
    const { status, body } = await httpText(url, 3000)
    return status === 200 ? (JSON.parse(body) as StatusDocument) : `it answered ${status}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
