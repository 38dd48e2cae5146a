import { applyTools } from '../apply/tools.ts'
import { holdsSealedBackups } from '../backup/repository/sealed-backups.ts'
import { generateBackupKey } from '../backup/sealing/registry.ts'
import { durabilityFindings } from '../components/patroni/durability.ts'
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { createLocalHost } from '../hosts/local/local-host.ts'
import { measureVolume } from '../hosts/local/machine-facts.ts'
import type { Site } from '../operations/context.ts'
import { packageFile } from '../package-files.ts'
import { wantedState } from '../plan/wanted.ts'
import type { HostFacts, RunAs } from '../topology/host-facts.ts'
import { isCluster, serversOf, type Member, type Topology } from '../topology/topology.ts'
import type { Setting } from '../tuning/setting.ts'
import { tune } from '../tuning/tune.ts'

const agentScript = packageFile('bin/pgherd-agent.js')
const fenceScript = packageFile('bin/pgherd-fence.js')
const drillsScript = packageFile('bin/pgherd-drills.js')
const commandScript = packageFile('bin/pgherd.js')

export interface OpenedSites {
  readonly sites: readonly Site[]
  readonly home: Site
  /** Settings of the servers with their reasons; all servers have the same. */
  readonly settings: readonly Setting[]
  readonly findings: readonly Diagnostic[]
}

/** Every member with its machine and what it should be. Throws DiagnosticError when the machine cannot hold the spec. */
export async function openSites(
  topology: Topology,
  { file, runAs, invoker }: { readonly file: string; readonly runAs: RunAs; readonly invoker: RunAs },
): Promise<OpenedSites> {
  const { spec } = topology
  const hostOf = (member: Member) => createLocalHost({ member, spec, runAs, invoker })
  const home = topology.members.find(({ kind }) => kind !== 'server') ?? topology.members[0]
  if (!home) throw new Error('a topology always has a member')
  const machine = await hostOf(home).facts()
  const serverFacts = isCluster(topology) ? shareOf(machine, serversOf(topology)) : machine
  const { settings, findings } = tune(spec, serverFacts)
  const errors = [...findings, ...patroniFindings(topology, machine)].filter(
    ({ severity }) => severity === 'error',
  )
  if (errors.length > 0) throw new DiagnosticError(errors)
  const self = {
    node: process.execPath,
    agentScript,
    fenceScript,
    drillsScript,
    commandScript,
    specFile: file,
  }
  const sites = topology.members.map((member): Site => {
    const host = hostOf(member)
    const facts = member.kind === 'gateway' ? machine : serverFacts
    const tools = applyTools({
      host,
      topology,
      member,
      spec,
      specFile: file,
      runAs,
      programs: facts.programs,
      generateBackupKey,
      backupsExist: () => holdsSealedBackups(member.paths.repository),
    })
    return { member, host, facts, wanted: wantedState({ topology, member, facts, settings, self }), tools }
  })
  const site = sites.find(({ member }) => member.name === home.name)
  if (!site) throw new Error('the home is one of the members')
  return { sites, home: site, settings, findings }
}

/** What the installed Patroni cannot do; while its version is not known nothing can be said. */
function patroniFindings(topology: Topology, { programs }: HostFacts): readonly Diagnostic[] {
  const version = programs.patroni?.version
  return isCluster(topology) && version !== undefined ? durabilityFindings(topology.spec, version) : []
}

/** Members on one machine share its memory and processors. All have the same settings, so the smallest volume counts. */
function shareOf(facts: HostFacts, servers: readonly Member[]): HostFacts {
  const volumes = servers.map(({ paths }) => measureVolume(paths.data))
  const [data = facts.volumes.data] = volumes.toSorted((a, b) => a.totalBytes - b.totalBytes)
  return {
    ...facts,
    memoryBytes: Math.floor(facts.memoryBytes / servers.length),
    cpus: Math.max(1, Math.floor(facts.cpus / servers.length)),
    volumes: { ...facts.volumes, data },
  }
}
