import type { StatusDocument } from '../agent/status-document.ts'
import { comparedShare } from '../backup/proof-summary.ts'
import { readArchived } from '../backup/read-archived.ts'
import { restorableWindows } from '../backup/window.ts'
import { agentUrl } from '../operations/agent-url.ts'
import { openRepositoryOf } from '../operations/open-repository.ts'
import type { OperationContext } from '../operations/context.ts'
import type { Session } from './session.ts'
import { clusterWithoutAgent, serverWithoutAgent } from './without-agent.ts'

/**
 * The status as the agent keeps it, which is at hand at once. When the agent does not answer, what can be seen without it:
 * the units, the cluster, and the proofs in the repository; never healthy.
 */
export async function readStatus(session: Session, context: OperationContext): Promise<StatusDocument> {
  const answer = await askAgent(session)
  if (typeof answer !== 'string') return answer
  const repository = await inRepository(context)
  const seen = await (session.cluster
    ? clusterWithoutAgent(session, session.cluster, answer)
    : serverWithoutAgent(session, answer))
  return { ...seen, ...repository }
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

/** What the repository itself says; whether WAL still arrives is known to the agent alone. */
async function inRepository(context: OperationContext): Promise<Pick<StatusDocument, 'proof' | 'backups'>> {
  const archive = { state: 'unknown', lagBytes: null, lagSeconds: null } as const
  try {
    const repository = await openRepositoryOf(context)
    const archived = await readArchived(repository)
    const proof = (await repository.proofs()).at(-1)
    const windows = restorableWindows(archived)
    return {
      proof: proof
        ? {
            provenAt: proof.provenAt,
            rtoSeconds: proof.rtoSeconds,
            rpoSeconds: proof.rpoSeconds,
            backup: proof.backup,
            ok: proof.ok,
            verdict: proof.verdict,
            comparedShare: comparedShare(proof),
          }
        : null,
      backups: {
        count: archived.backups.length,
        newest: archived.backups.at(-1)?.stoppedAt ?? null,
        windowFrom: windows[0]?.fromTime ?? null,
        windowTo: windows.at(-1)?.toTime ?? null,
        archive,
      },
    }
  } catch {
    // no repository yet, or its key is gone: other commands say so, status must not fail
    return { proof: null, backups: { count: 0, newest: null, windowFrom: null, windowTo: null, archive } }
  }
}
