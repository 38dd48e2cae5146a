import { components } from '../components/registry.ts'
import type { RenderInput, RenderedFile, Unit } from '../components/component.ts'
import { declareObjects, type DeclaredObjects } from '../components/postgres/objects/declared.ts'
import { roleSecretId } from '../secrets/secret.ts'
import { peerUrl } from '../components/etcd/etcd-yml.ts'
import { dynamicConfig } from '../components/patroni/dynamic-config.ts'
import { specWords, type SpecWord } from '../components/patroni/spec-words.ts'
import { isCluster, serversOf, type Member, type MemberKind, type Topology } from '../topology/topology.ts'
import type { SecretReference, Spec } from '../spec/schema.ts'
import type { CertificateRequest } from './action.ts'

/** A directory as it should be. */
export interface WantedDirectory {
  readonly path: string
  readonly mode: number
  readonly owner: RenderedFile['owner']
}

export interface WantedSecret {
  readonly id: string
  readonly reference: SecretReference
  readonly as: 'password' | 'backup-key'
}

/** A server as the others find it. */
export interface WantedServer {
  readonly name: string
  readonly address: string
  /** Where etcd of the others reaches its etcd. */
  readonly peerUrl: string
}

/** Everything one member should have; nothing here was looked up on a machine but HostFacts. */
export interface Wanted {
  readonly member: string
  readonly kind: MemberKind
  readonly major: 15 | 16 | 17 | 18
  readonly directories: readonly WantedDirectory[]
  readonly secrets: readonly WantedSecret[]
  readonly secretsDirectory: string
  readonly certificate: CertificateRequest
  /** Paths of the user's own certificate; pgherd's CA issues one when left out. */
  readonly ownCertificate?: { readonly cert: string; readonly key: string; readonly ca: string }
  /** Where PGDATA is. A gateway has none; that of a cluster's server is made by Patroni, so there is no initdb. */
  readonly data?: { readonly path: string; readonly initdb?: readonly string[] }
  /** Where a single server would have its data; only on the home of a cluster, which has none. */
  readonly singleData?: string
  /** Every server of a cluster, on its home. */
  readonly servers?: readonly WantedServer[]
  /** Patroni's dynamic configuration, on the servers of a cluster. */
  readonly dynamicConfig?: Readonly<Record<string, unknown>>
  /** What of it the spec says with a word, on the servers of a cluster. */
  readonly specWords?: readonly SpecWord[]
  readonly ports: readonly {
    readonly port: number
    readonly address: string
    readonly unit: string
    readonly specPath: string
  }[]
  readonly files: readonly RenderedFile[]
  readonly units: readonly Unit[]
  readonly extensionsAvailable: readonly string[]
  readonly objects: DeclaredObjects
  /** `postgres.settings` of the spec: what a user decided, by name. */
  readonly declaredSettings: Readonly<Record<string, string>>
}

/** Derives what a member should have from the spec, the topology and the machine. Pure. */
export function wantedState(input: RenderInput): Wanted {
  const { topology, member, facts } = input
  const { spec } = topology
  const { paths } = member
  const mine = components.filter((component) => component.runsOn(member, topology))
  const objects = declareObjects(spec)
  return {
    member: member.name,
    kind: member.kind,
    major: facts.postgres.major,
    directories: directoriesOf(input),
    // every member's files are filled from the one store of the home
    secrets: member.kind === 'server' ? [] : secretsOf(topology, objects),
    secretsDirectory: paths.secrets,
    certificate: certificateRequest(topology, member),
    ...(spec.tls.certificate ? { ownCertificate: spec.tls.certificate } : {}),
    ...dataOf(input),
    ports: portsOf(topology, member),
    files: mine.flatMap((component) => component.files(input)),
    units: mine.flatMap((component) => component.units(input)),
    extensionsAvailable: facts.postgres.extensions,
    objects,
    declaredSettings: spec.postgres.settings,
  }
}

/** The certificate of a member, as pgherd's CA issues it. */
export function certificateRequest(topology: Topology, member: Member): CertificateRequest {
  const { spec } = topology
  return {
    name: 'server',
    directory: member.paths.tls,
    hosts: isCluster(topology) ? memberHosts(topology, member) : certificateHosts(spec),
    authority: member.paths.authority,
    lifetimeSeconds: spec.tls.lifetime,
  }
}

/** Names and addresses the server certificate is for; the agent serves with it too. */
export function certificateHosts(spec: Spec): readonly string[] {
  const listen = [...spec.postgres.listen, spec.agent.listen]
  return [...new Set(['localhost', '127.0.0.1', ...listen.filter(isName), ...spec.tls.hosts])]
}

/** Wildcards are addresses to listen on, not names a client connects to. */
/** The directory above; paths here are absolute and POSIX. */
function dirname(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

function isName(address: string): boolean {
  return !['*', '0.0.0.0', '::'].includes(address)
}

/** In a cluster every name a member may be called by: HAProxy passes TLS on, so servers also answer for the gateway. */
function memberHosts({ spec }: Topology, member: Member): readonly string[] {
  const hosts = [
    member.name,
    member.address,
    'localhost',
    '127.0.0.1',
    spec.topology.gateway,
    ...spec.tls.hosts,
  ]
  return [...new Set(hosts.filter(isName))]
}

function secretsOf(topology: Topology, objects: DeclaredObjects): readonly WantedSecret[] {
  const { spec } = topology
  const generated = (id: string): WantedSecret => ({ id, reference: { generated: true }, as: 'password' })
  const own = isCluster(topology)
    ? objects.roles.flatMap(({ internal, secret }) => (internal && secret !== undefined ? [secret] : []))
    : []
  return [
    ...Object.entries(spec.roles).map(([role, { password }]): WantedSecret => ({
      id: roleSecretId(role),
      reference: password,
      as: 'password',
    })),
    ...own.map(generated),
    ...(isCluster(topology) ? ['patroni-api', 'haproxy-statistics'].map(generated) : []),
    ...(isCluster(topology) && spec.redis
      ? [{ id: 'redis', reference: spec.redis.password, as: 'password' } as const]
      : []),
    { id: 'agent-token', reference: spec.agent.token, as: 'password' },
    ...(spec.backups.encryption === 'none'
      ? []
      : [{ id: 'backup-key', reference: spec.backups.encryption.key, as: 'backup-key' } as const]),
  ]
}

function dataOf(
  input: RenderInput,
): Pick<Wanted, 'data' | 'dynamicConfig' | 'specWords' | 'singleData' | 'servers'> {
  const { member, facts, topology } = input
  const path = member.paths.data
  switch (member.kind) {
    case 'single':
      return { data: { path, initdb: initdbArguments(facts.postgres.bin, facts.postgres.major) } }
    case 'server':
      return {
        data: { path },
        dynamicConfig: dynamicConfig(input),
        specWords: specWords(facts.programs.patroni?.version ?? ''),
      }
    case 'gateway':
      return {
        singleData: path,
        servers: serversOf(topology).map((server) => ({
          name: server.name,
          address: server.address,
          peerUrl: peerUrl(server),
        })),
      }
  }
}

function portsOf({ spec }: Topology, { kind, address, ports }: Member): Wanted['ports'] {
  const at = (port: number, unit: string, specPath: string, where = address) => ({
    port,
    address: where,
    unit,
    specPath,
  })
  const agent = at(ports.agent, 'agent', 'agent.port', spec.agent.listen)
  switch (kind) {
    case 'single':
      return [
        ...spec.postgres.listen.map((where) => at(ports.postgres, 'postgres', 'postgres.port', where)),
        agent,
      ]
    case 'server':
      return [
        at(ports.postgres, 'patroni', 'postgres.port'),
        at(ports.patroni, 'patroni', 'topology.addresses'),
        at(ports.etcdClient, 'etcd', 'topology.addresses'),
        at(ports.etcdPeer, 'etcd', 'topology.addresses'),
      ]
    case 'gateway':
      return [
        at(ports.write, 'haproxy', 'routing.write'),
        at(ports.read, 'haproxy', 'routing.read'),
        at(ports.statistics, 'haproxy', 'routing.statistics'),
        at(ports.pooler, 'pgbouncer', 'pooler.port'),
        ...(spec.redis ? [at(ports.redis, 'redis', 'redis.port')] : []),
        agent,
      ]
  }
}

function directoriesOf({ topology, member: { kind, paths } }: RenderInput): WantedDirectory[] {
  const make = (mode: number, owner: RenderedFile['owner'], ...all: string[]) =>
    all.map((path) => ({ path, mode, owner }))
  return [
    // Unit definitions decide what a root supervisor starts, so only whoever runs pgherd may write them.
    ...make(0o755, 'invoker', paths.state, paths.units),
    ...make(0o700, 'invoker', paths.journal),
    // Applications of other users need the CA and the socket; keys and run files are closed one by one.
    ...make(0o755, 'run-as', paths.tls),
    ...make(0o711, 'run-as', paths.run),
    ...make(0o755, 'run-as', paths.sockets),
    ...make(0o700, 'run-as', paths.config, paths.logs, paths.scratch),
    ...(kind === 'server'
      ? make(0o700, 'run-as', paths.etcd, dirname(paths.data))
      : make(0o700, 'run-as', paths.secrets, paths.repository)),
    ...(kind === 'gateway' ? make(0o700, 'run-as', paths.drills) : []),
    ...(kind === 'gateway' && topology.spec.redis ? make(0o700, 'run-as', paths.redis) : []),
  ]
}

/**
 * Arguments of initdb (https://www.postgresql.org/docs/current/app-initdb.html): checksums, UTF8 and
 * the builtin C.UTF-8 locale where it exists (17 and newer), whose order never changes with the
 * operating system, so that an upgrade of libc cannot corrupt indexes.
 */
function initdbArguments(bin: string, major: number): readonly string[] {
  const locale =
    major >= 17
      ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C.UTF-8']
      : ['--locale=C.UTF-8']
  return [
    `${bin}/initdb`,
    '--username=postgres',
    '--auth=peer',
    '--encoding=UTF8',
    '--data-checksums',
    ...locale,
  ]
}
