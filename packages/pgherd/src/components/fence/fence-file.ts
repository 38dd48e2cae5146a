import { failoverTiming, type FailoverTiming } from '../failover-timing.ts'
import type { RenderInput } from '../component.ts'
import { serversOf } from '../../topology/topology.ts'

/** The clocks the fence goes by, in seconds. */
export type FenceTiming = Pick<FailoverTiming, 'ttl' | 'loopWait' | 'retryTimeout' | 'fenceMargin'>

/** Where the fence finds what Patroni keeps in etcd. */
export interface FenceEtcd {
  /** The member's own first. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
  readonly ca: string
  readonly cert: string
  readonly key: string
  /** What every key of this cluster begins with. */
  readonly prefix: string
}

/** What the fence knows at its start: `<config>/fence.json`. */
export interface FenceFile {
  readonly member: string
  /** Where Patroni of this member answers. */
  readonly url: string
  readonly ca: string
  /** PGDATA of this member. */
  readonly data: string
  /** The file Patroni was started with, by which its process is known. */
  readonly patroniConfig: string
  /** Where the fence writes what it decided last. */
  readonly status: string
  readonly timing: FenceTiming
  readonly etcd: FenceEtcd
}

/** The contents of fence.json. */
export function renderFenceFile({ topology, member, facts }: RenderInput): string {
  const { address, paths, ports } = member
  const version = facts.programs.patroni?.version ?? ''
  const { ttl, loopWait, retryTimeout, fenceMargin } = failoverTiming(
    topology.spec.topology.failover,
    version,
  )
  const host = address.includes(':') ? `[${address}]` : address
  const file: FenceFile = {
    member: member.name,
    url: `https://${host}:${ports.patroni}/patroni`,
    ca: `${paths.tls}/ca.crt`,
    data: paths.data,
    patroniConfig: `${paths.config}/patroni.yml`,
    status: `${paths.run}/fence.json`,
    timing: { ttl, loopWait, retryTimeout, fenceMargin },
    etcd: etcdOf(topology, member),
  }
  return `${JSON.stringify(file, undefined, 2)}\n`
}

function etcdOf(topology: RenderInput['topology'], member: RenderInput['member']): FenceEtcd {
  const { paths } = member
  return {
    hosts: [member, ...serversOf(topology).filter(({ name }) => name !== member.name)].map((server) => ({
      host: server.address,
      port: server.ports.etcdClient,
    })),
    ca: `${paths.tls}/ca.crt`,
    cert: `${paths.tls}/server.crt`,
    key: `${paths.tls}/server.key`,
    prefix: `/service/${topology.spec.name}/`,
  }
}
