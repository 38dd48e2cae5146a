import { readAllCertificates } from '../agent/certificates.ts'
import { clusterPart, clusterSource } from '../agent/cluster-source.ts'
import { statusDocument, type StatusDocument } from '../agent/status-document.ts'
import type { Observation, ServerState } from '../checks/observation.ts'
import { byRank, runChecks } from '../checks/run-checks.ts'
import type { ClusterAccess } from '../cluster/access.ts'
import { diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { observeDrills } from '../operations/drill/observe-drills.ts'
import type { Session } from './session.ts'

/** The status of a single server whose agent does not answer, without what the repository says. */
export async function serverWithoutAgent(session: Session, why: string): Promise<StatusDocument> {
  const units = await session.host.units()
  const running = units.find(({ name }) => name === 'postgres')?.state === 'running'
  return document(session, nothingKnown(session, running ? 'unknown' : 'down'), [
    running ? silent(session, 'PostgreSQL runs', why) : notUp(session),
  ])
}

/**
 * The status of a cluster whose agent does not answer, without what the repository says: the cluster itself is looked at,
 * and judged by the checks that need no agent.
 */
export async function clusterWithoutAgent(
  session: Session,
  access: ClusterAccess,
  why: string,
): Promise<StatusDocument> {
  const { spec, member } = session
  const [units, look, certificates] = await Promise.all([
    Promise.all(session.sites.map(({ host }) => host.units())),
    clusterSource(access, { once: true }).look(),
    readAllCertificates(session.topology),
  ])
  const answering = look.view.members.filter(({ role }) => role !== 'unreachable').length
  const observation = {
    ...nothingKnown(session, 'unknown'),
    certificates,
    ...clusterPart(look),
    drills: observeDrills(session.topology, new Date()),
  }
  if (answering === 0 && units.flat().every(({ state }) => state !== 'running'))
    return document(session, observation, [notUp(session)])
  const found = await runChecks({ situation: { spec, member, now: new Date() }, observation })
  const runs = `${answering} of ${look.view.members.length} members answer`
  return document(session, observation, byRank([silent(session, runs, why), ...found]))
}

function document(
  { spec, member }: Session,
  observation: Observation,
  findings: readonly Diagnostic[],
): StatusDocument {
  return statusDocument({ name: spec.name, member, observation, server: null, findings })
}

/** What the agent alone knows is not known. */
function nothingKnown({ facts }: Session, state: ServerState): Observation {
  const { flavour, version } = facts.postgres
  return {
    server: { state, silentSeconds: null, reason: null },
    binaries: { flavour, version },
    volumes: null,
    archive: { state: 'unknown', lagBytes: null, lagSeconds: null, reason: null },
    catalogue: null,
    certificates: [],
    jobs: [],
    units: [],
  }
}

function notUp({ spec, member }: Session): Diagnostic {
  return diagnose('NOT_UP', {
    detail: `"${spec.name}" does not run, so nobody can connect and no WAL is archived`,
    mend: mend.run('pgherd', 'up'),
    at: { member: member.name },
  })
}

function silent({ member }: Session, runs: string, why: string): Diagnostic {
  return diagnose('AGENT_SILENT', {
    detail: `${runs}, but the agent does not answer (${why}): nothing is backed up or watched meanwhile`,
    mend: mend.run('pgherd', 'up'),
    at: { member: member.name },
  })
}
