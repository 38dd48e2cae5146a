import type { Spec } from '../spec/schema.ts'

/** Everything pgherd keeps for one member, below its state directory. Absolute paths. */
export interface MemberPaths {
  readonly state: string
  /** PGDATA. */
  readonly data: string
  /** Rendered configuration of every component: outside PGDATA, so that a restore never overwrites it. */
  readonly config: string
  readonly tls: string
  /** Where the CA is; the same for every member. */
  readonly authority: string
  readonly secrets: string
  readonly logs: string
  /** Pids, supervisor state and locks. */
  readonly run: string
  /** Unit definitions, read by the supervisor; owned by root when root started it. */
  readonly units: string
  /** Unix sockets; short, because the kernel allows 107 bytes (unix(7), sun_path). */
  readonly sockets: string
  /** The backup repository. */
  readonly repository: string
  readonly journal: string
  /** Throwaway instances of proofs and restores being built. */
  readonly scratch: string
  /** Data of etcd. */
  readonly etcd: string
  /** Data of Redis. */
  readonly redis: string
  /** Acknowledged writes of drills, and their history. */
  readonly drills: string
}

/** TCP ports; every member has the same, on its own address. */
export interface Ports {
  readonly postgres: number
  readonly agent: number
  readonly patroni: number
  readonly etcdClient: number
  readonly etcdPeer: number
  readonly write: number
  readonly read: number
  readonly statistics: number
  readonly pooler: number
  readonly redis: number
}

/**
 * `single`: one server with everything. `server`: a member of a cluster, with PostgreSQL, Patroni and etcd.
 * `gateway`: where clients of a cluster connect; also the home of the agent and the backups.
 */
export type MemberKind = 'single' | 'server' | 'gateway'

export interface Member {
  readonly name: string
  readonly kind: MemberKind
  readonly address: string
  /** What fails together has the same name. */
  readonly domain: string
  readonly ports: Ports
  readonly paths: MemberPaths
}

export interface Topology {
  readonly spec: Spec
  readonly members: readonly Member[]
}

/** Where the state lives. `sockets` is chosen by the caller since its length depends on the machine. */
export interface Placement {
  readonly state: string
  readonly sockets: string
}

/** Lays a spec out over members: names, addresses, ports and paths. Pure. */
export function layOut(spec: Spec, placement: Placement): Topology {
  const { state, sockets } = placement
  const ports = portsOf(spec)
  if (spec.topology.members === 1) {
    const paths = pathsOf(spec, state, state, sockets)
    return {
      spec,
      members: [{ name: 'pg1', kind: 'single', address: '127.0.0.1', domain: 'pg1', ports, paths }],
    }
  }
  const servers = Array.from({ length: spec.topology.members }, (_, index): Member => {
    const name = `pg${index + 1}`
    return {
      name,
      kind: 'server',
      address: spec.topology.addresses?.[index] ?? `127.0.0.${11 + index}`,
      domain: spec.topology.domains?.[index] ?? name,
      ports,
      paths: serverPaths(spec, state, name, sockets),
    }
  })
  const gateway: Member = {
    name: 'gateway',
    kind: 'gateway',
    address: spec.topology.gateway,
    domain: 'gateway',
    ports,
    paths: pathsOf(spec, state, state, sockets),
  }
  return { spec, members: [...servers, gateway] }
}

/** True when more than one server shares the work, so that Patroni decides who is primary. */
export function isCluster({ spec }: Topology): boolean {
  return spec.topology.members > 1
}

/** The members that hold the data, in order. */
export function serversOf({ members }: Topology): readonly Member[] {
  return members.filter(({ kind }) => kind !== 'gateway')
}

/** The member that is home to the agent, the backups, the secrets and the CA: the only one, or the gateway. */
export function homeOf(topology: Topology): Member {
  const home = topology.members.find(({ kind }) => kind !== 'server')
  if (!home) throw new Error('a topology always has a home')
  return home
}

/** A member by name; throws when there is none. */
export function memberNamed({ members }: Topology, name: string): Member {
  const found = members.find((member) => member.name === name)
  if (!found) throw new Error(`there is no member ${name}`)
  return found
}

function portsOf(spec: Spec): Ports {
  return {
    postgres: spec.postgres.port,
    agent: spec.agent.port,
    // the standard ports of Patroni, etcd and Redis: every member has an address of its own
    patroni: 8008,
    etcdClient: 2379,
    etcdPeer: 2380,
    write: spec.routing.write,
    read: spec.routing.read,
    statistics: spec.routing.statistics,
    pooler: spec.pooler.port,
    redis: spec.redis?.port ?? 6379,
  }
}

/** Patroni removes and renames the data directory, so its parent belongs to the run-as user alone. */
function serverPaths(spec: Spec, home: string, name: string, sockets: string): MemberPaths {
  const paths = pathsOf(spec, home, `${home}/members/${name}`, `${sockets}/${name}`)
  return { ...paths, data: `${paths.state}/postgres/data` }
}

function pathsOf(spec: Spec, home: string, state: string, sockets: string): MemberPaths {
  return {
    state,
    data: `${state}/data`,
    config: `${state}/config`,
    tls: `${state}/tls`,
    authority: `${home}/tls`,
    secrets: `${home}/secrets`,
    logs: `${state}/logs`,
    run: `${state}/run`,
    units: `${state}/units`,
    sockets,
    repository: spec.backups.repository ?? `${home}/backups`,
    journal: `${state}/journal`,
    scratch: `${state}/scratch`,
    etcd: `${state}/etcd`,
    redis: `${state}/redis`,
    drills: `${home}/drills`,
  }
}
