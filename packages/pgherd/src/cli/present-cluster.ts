import { readApplied } from '../apply/applied-state.ts'
import type { ClusterAccess } from '../cluster/access.ts'
import { readDcs } from '../cluster/read-dcs.ts'
import { orderOf, presentServers, type PresentServers } from '../operations/scale/present-servers.ts'
import type { Spec } from '../spec/schema.ts'
import { layOut, serversOf, type Topology } from '../topology/topology.ts'
import { openSites } from './open-sites.ts'
import type { Session } from './session.ts'

/** Most servers a spec can ask for. */
const most = 7

export interface PresentCluster {
  readonly present: PresentServers
  /** `topology` of the spec, with the address of everybody that is there, and of those to come as far as they are named. */
  readonly whole: Spec['topology']
}

/**
 * Which servers a cluster has at this moment, by etcd and by the last `up`: the spec may have been edited since.
 *
 * @param more addresses of servers to come, beyond those of the spec
 */
export async function readPresent(
  session: Session,
  access: ClusterAccess,
  more: readonly string[],
): Promise<PresentCluster> {
  const { spec, host, member } = session
  const { topology } = spec
  const addresses = topology.addresses && [...topology.addresses, ...more]
  const possible = serversOf(topologyOf(session, { ...topology, ...(addresses ? { addresses } : {}) }, most))
  const applied = (await readApplied(host, member.paths.state))?.servers
  // the addresses of the last up still answer where those of the spec do not
  const reachable = applied && topologyOf(session, placed(topology, applied), applied.length)
  const asked =
    (await etcdRuns(session)) && (await readDcs({ ...access, topology: reachable ?? access.topology }))
  const listed = asked ? asked.listed : undefined
  const present = presentServers({ listed, applied, declared: serversOf(session.topology), possible })
  const known = possible.map(({ address }) => address)
  const differs = present.any.some(({ name, address }) => known[orderOf(name) - 1] !== address)
  if (!addresses && !differs) return { present, whole: topology }
  const listedAddresses = addresses ?? known.slice(0, present.any.length)
  return { present, whole: placed({ ...topology, addresses: listedAddresses }, present.any) }
}

/** A cluster that is down is not asked: it would take seconds to find out that nobody answers. */
async function etcdRuns({ sites }: Session): Promise<boolean> {
  const units = await Promise.all(sites.map(({ host }) => host.units()))
  return units.flat().some(({ name, state }) => name === 'etcd' && state !== 'stopped')
}

/** Every server there is a trace of, with its machine, and the home; those of the spec where there are more of them. */
export async function presentSites(session: Session, access: ClusterAccess) {
  const { present, whole } = await readPresent(session, access, [])
  return sitesWith(session, whole, Math.max(session.spec.topology.members, countOf(present)))
}

/** The same cluster with another number of servers. */
export async function sitesWith(session: Session, whole: Spec['topology'], count: number) {
  const { specFile, facts } = session
  const topology = topologyOf(session, whole, count)
  const { sites } = await openSites(topology, { file: specFile, runAs: facts.runAs, invoker: facts.invoker })
  return { topology, sites }
}

/** How many servers a layout must have to hold all of them. */
export function countOf({ any }: PresentServers): number {
  return Math.max(...any.map(({ name }) => orderOf(name)))
}

/** The cluster laid out with so many servers; counts on the way may be even, which a spec may not. */
function topologyOf(
  { spec, state, member }: Pick<Session, 'spec' | 'state' | 'member'>,
  topology: Spec['topology'],
  members: number,
): Topology {
  return layOut({ ...spec, topology: sized(topology, members) }, { state, sockets: member.paths.sockets })
}

/** The topology with so many members; a new one is a failure domain of its own. */
export function sized(topology: Spec['topology'], members: number): Spec['topology'] {
  const { addresses, domains } = topology
  return {
    // what is replaced keeps its place: files with the spec in them are compared byte by byte
    ...topology,
    members,
    ...(addresses ? { addresses: addresses.slice(0, members) } : {}),
    ...(domains
      ? { domains: Array.from({ length: members }, (_, index) => domains[index] ?? `pg${index + 1}`) }
      : {}),
  }
}

/** With the addresses at which servers are, whatever stands there for them. */
function placed(topology: Spec['topology'], servers: PresentServers['any']): Spec['topology'] {
  const addresses = [...(topology.addresses ?? [])]
  for (const { name, address } of servers) if (address !== '') addresses[orderOf(name) - 1] = address
  return { ...topology, addresses }
}
