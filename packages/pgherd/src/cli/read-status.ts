import type { StatusDocument } from '../agent/status-document.ts'
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
    const response = await fetch(`${agentUrl(spec.agent.listen, member.ports.agent)}/api/v1/status`, {
      signal: AbortSignal.timeout(3000),
    })
    if (response.ok) return (await response.json()) as StatusDocument
    return `it answered ${response.status}`
  } catch (error) {
    return error instanceof Error
      ? error.cause instanceof Error
        ? error.cause.message
        : error.message
      : String(error)
  }
}
