import { serversOf, type Member } from '../../topology/topology.ts'
import type { RenderInput } from '../component.ts'

/**
 * `new`: the members in the file form a cluster together. `existing`: this one has been added to a running cluster
 * (`etcdctl member add`). Read once, as long as the member has no data.
 */
export type EtcdClusterState = 'new' | 'existing'

/**
 * Heartbeat and election timeout in milliseconds. A new etcd leader is there after at most twice the election
 * timeout (raft draws from one to two of them), which has to fit several times into Patroni's retry_timeout.
 * The election timeout is at least five heartbeats (etcd, "Tuning").
 */
export const etcdTiming = {
  fast: { heartbeat: 100, election: 600 },
  normal: { heartbeat: 100, election: 1000 },
  wide: { heartbeat: 250, election: 2500 },
} as const satisfies Record<string, { readonly heartbeat: number; readonly election: number }>

/**
 * etcd.yml of a member, for etcd 3.4 to 3.6. With a configuration file etcd ignores every flag and ETCD_* variable
 * (etcd, "Configuration flags"), so that everything stands here, `initial-cluster-state` too.
 */
export function renderEtcdYml({ topology, member }: RenderInput, state: EtcdClusterState = 'new'): string {
  const { paths } = member
  const timing = etcdTiming[topology.spec.topology.failover]
  const transport = {
    'cert-file': `${paths.tls}/server.crt`,
    'key-file': `${paths.tls}/server.key`,
    'trusted-ca-file': `${paths.tls}/ca.crt`,
    'client-cert-auth': true,
  }
  return `# Written by pgherd; a change by hand is reverted by the next \`pgherd up\`.
${yamlLines({
  name: member.name,
  'data-dir': paths.etcd,
  'listen-peer-urls': peerUrl(member),
  'listen-client-urls': clientUrl(member),
  'advertise-client-urls': clientUrl(member),
  'initial-advertise-peer-urls': peerUrl(member),
})}# Read only while the member has no data.
${yamlLines({
  'initial-cluster': serversOf(topology)
    .map((each) => `${each.name}=${peerUrl(each)}`)
    .join(','),
  'initial-cluster-token': topology.spec.name,
  'initial-cluster-state': state,
})}# Certificates of the CA of this cluster let in, and nothing else. They are read anew for each connection.
${yamlLines({ 'client-transport-security': transport, 'peer-transport-security': transport })}# Patroni speaks to the HTTP gateway, which a configuration file switches off unless it says this.
${yamlLines({
  'enable-grpc-gateway': true,
  'heartbeat-interval': timing.heartbeat,
  'election-timeout': timing.election,
})}# A member that was cut off does not force an election when it comes back.
${yamlLines({ 'pre-vote': true, 'strict-reconfig-check': true })}# Patroni writes the same few keys over and over: forget their history, keep little of the log in memory.
${yamlLines({
  'auto-compaction-mode': 'periodic',
  'auto-compaction-retention': '1h',
  'snapshot-count': 10_000,
  'quota-backend-bytes': 1024 ** 3,
  logger: 'zap',
  'log-level': 'info',
  'log-outputs': ['stderr'],
})}`
}

/** Where other members of etcd find this one. */
export function peerUrl({ address, ports }: Member): string {
  return `https://${bracketed(address)}:${ports.etcdPeer}`
}

/** Where clients of etcd find this member. */
export function clientUrl({ address, ports }: Member): string {
  return `https://${bracketed(address)}:${ports.etcdClient}`
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

/** JSON is YAML, and a string in JSON needs no second thought about quoting. */
function yamlLines(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([key, value]) =>
      typeof value === 'object' && !Array.isArray(value)
        ? `${key}:\n${Object.entries(value as object)
            .map(([inner, each]) => `  ${inner}: ${JSON.stringify(each)}\n`)
            .join('')}`
        : `${key}: ${JSON.stringify(value)}\n`,
    )
    .join('')
}
