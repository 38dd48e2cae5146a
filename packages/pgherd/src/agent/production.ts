import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { AgentFile } from '../components/agent/agent-file.ts'
import { installedVersions } from '../hosts/local/installed-versions.ts'
import { holderAtWork, operationLock } from '../hosts/local/lock.ts'
import { SecretStore } from '../hosts/secret-store.ts'
import type { OperationContext } from '../operations/context.ts'
import { observeDrills } from '../operations/drill/observe-drills.ts'
import { openRepositoryOf } from '../operations/open-repository.ts'
import { walReceiverOf } from '../operations/wal-archiving.ts'
import { certificateFiles } from '../pki/certificate-files.ts'
import { layOut, homeOf, isCluster } from '../topology/topology.ts'
import { readAllCertificates } from './certificates.ts'
import { certifiedSites } from './certified-sites.ts'
import { systemClock } from './clock.ts'
import { clusterSource } from './cluster-source.ts'
import { Daemon } from './daemon.ts'
import { isLoopback } from './http/host-header.ts'
import { KeptData } from './kept-data.ts'
import type { Log } from './log.ts'
import { operationRunner } from './operation-runner.ts'
import { RepositoryLink } from './repository-link.ts'
import { clusterServerAccess, socketAccess } from './server-access.ts'
import { supervisedUnits } from './units.ts'
import { WalArchive } from './wal-archive.ts'

export interface Surroundings {
  readonly log: Log
  /** Who runs the supervisor. */
  readonly supervisorUid: number
  /** Ends the process so that it is started anew. */
  readonly restart: (why: string) => void
}

/** Puts the agent of one member together as it runs in production. */
export function productionDaemon(
  { spec, placement, facts, self }: AgentFile,
  { log, supervisorUid, restart }: Surroundings,
): Daemon {
  const topology = layOut(spec, placement)
  const member = homeOf(topology)
  const secrets = new SecretStore({
    directory: member.paths.secrets,
    runAs: facts.runAs,
    baseDirectory: dirname(self.specFile),
    generateBackupKey: () => Promise.reject(new Error('the agent makes no keys')),
    // a lost key is always told as such: the agent never starts a repository with another one
    backupsExist: () => true,
  })
  const cluster = isCluster(topology)
    ? { topology, programs: facts.programs, readSecret: (id: string) => secrets.read(id) }
    : undefined
  const context: Omit<OperationContext, 'report' | 'signal' | 'now'> = {
    spec,
    topology,
    member,
    facts,
    ...(cluster ? { cluster } : {}),
    readSecret: (id) => secrets.read(id),
  }
  const quiet = { report: () => undefined, signal: new AbortController().signal, now: () => new Date() }
  const link = new RepositoryLink(() => openRepositoryOf({ ...context, ...quiet }), log)
  const keptData = new KeptData(member.paths.data)
  const archive = new WalArchive(link, (repository) =>
    walReceiverOf(context, repository, (_, finding) => {
      log.error({ code: finding.code }, finding.detail)
      daemon.scheduler.request('backup', 'archive-gap')
    }),
  )
  const access = cluster ? clusterServerAccess(cluster) : socketAccess(member)
  const daemon = new Daemon({
    spec,
    member,
    facts,
    access,
    clock: systemClock,
    log,
    runner: operationRunner({
      context,
      access,
      specFile: self.specFile,
      restart,
      certified: cluster ? certifiedSites({ topology, facts, self }, supervisorUid) : [],
    }),
    catalogue: link,
    archive,
    ...(cluster
      ? {
          cluster: {
            access: cluster,
            source: clusterSource(cluster),
            atWork: () => holderAtWork(operationLock(member.paths.state))?.purpose,
          },
          drills: () => observeDrills(topology, new Date()),
        }
      : {}),
    certificates: () => readAllCertificates(topology),
    keptData: () => keptData.read(),
    installed: () => installedVersions(spec, facts.postgres.bin, member.paths.state),
    units: supervisedUnits(topology.members, supervisorUid),
    token: () => secrets.read('agent-token'),
    tls: async () => {
      if (isLoopback(spec.agent.listen)) return undefined
      const { cert, key } = certificateFiles(member.paths.tls)
      return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') }
    },
  })
  archive.start()
  return daemon
}
