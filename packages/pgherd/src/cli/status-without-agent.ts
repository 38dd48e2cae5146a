import type { StatusDocument } from '../agent/status-document.ts'
import { comparedShare, proofStatus } from '../backup/proof-summary.ts'
import { readArchived } from '../backup/read-archived.ts'
import { restorableWindows } from '../backup/window.ts'
import type { OperationContext } from '../operations/context.ts'
import { openRepositoryOf } from '../operations/open-repository.ts'
import type { Session } from './session.ts'
import { clusterWithoutAgent, serverWithoutAgent } from './without-agent.ts'

/** What can be seen without the agent, which did not answer because of `why`; never healthy. */
export async function statusWithoutAgent(
  session: Session,
  context: OperationContext,
  why: string,
): Promise<StatusDocument> {
  const repository = await inRepository(context)
  const seen = await (session.cluster
    ? clusterWithoutAgent(session, session.cluster, why)
    : serverWithoutAgent(session, why))
  return { ...seen, ...repository }
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
      proof: proof ? proofStatus(proof, comparedShare(proof)) : null,
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
