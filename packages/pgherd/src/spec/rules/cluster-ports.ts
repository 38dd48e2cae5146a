import { mend } from '../../diagnostic/diagnostic.ts'
import { asksForCluster } from '../cluster.ts'
import type { SpecFinding } from '../finding.ts'
import { formatPath, type SpecPath } from '../path.ts'
import type { Spec } from '../schema.ts'
import type { SpecRule } from './rule.ts'

interface Used {
  readonly port: number
  readonly path?: SpecPath
  readonly by: string
}

/** What listens at the gateway, the agent first: its port was there before there were clusters. */
function gatewayPorts({ routing, pooler, redis, agent }: Spec): readonly Used[] {
  return [
    { port: agent.port, path: ['agent', 'port'], by: 'agent.port' },
    { port: routing.write, path: ['routing', 'write'], by: 'routing.write' },
    { port: routing.read, path: ['routing', 'read'], by: 'routing.read' },
    { port: routing.statistics, path: ['routing', 'statistics'], by: 'routing.statistics' },
    { port: pooler.port, path: ['pooler', 'port'], by: 'pooler.port' },
    ...(redis ? [{ port: redis.port, path: ['redis', 'port'], by: 'redis.port' }] : []),
  ]
}

/** What listens at the address of every member, with the standard ports that nothing changes. */
function memberPorts({ postgres }: Spec): readonly Used[] {
  return [
    { port: 8008, by: 'Patroni' },
    { port: 2379, by: 'etcd, for its clients' },
    { port: 2380, by: 'etcd, for its members' },
    { port: postgres.port, path: ['postgres', 'port'], by: 'postgres.port' },
  ]
}

export const clusterPorts: SpecRule = {
  id: 'cluster-ports',
  why: 'Two programs cannot listen on one port of one address.',
  *examine(spec): Iterable<SpecFinding> {
    if (!asksForCluster(spec)) return
    for (const listeners of [gatewayPorts(spec), memberPorts(spec)]) {
      const taken = new Map<number, Used>()
      for (const used of listeners) {
        const other = taken.get(used.port)
        if (!other || !used.path) {
          taken.set(used.port, used)
          continue
        }
        const all = new Set([...gatewayPorts(spec), ...memberPorts(spec)].map(({ port }) => port))
        yield {
          code: 'SPEC_CONTRADICTION',
          detail: `${used.by} is ${used.port}, which is taken by ${other.by} at the same address`,
          mend: mend.edit(formatPath(used.path), freeFrom(used.port, all)),
          path: used.path,
          ...(other.path && { involves: [other.path] }),
        }
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      postgres: { binaries: 'system', port: 5000 },
      topology: { members: 3 },
      redis: {},
    },
    bad: [
      { more: { routing: { read: 5000 } }, at: 'routing.read' },
      { more: { pooler: { port: 8404 } }, at: 'pooler.port' },
      { more: { redis: { port: 6432 } }, at: 'redis.port' },
      { more: { agent: { port: 5000 } }, at: 'routing.write' },
      { more: { postgres: { binaries: 'system' as const, port: 8008 } }, at: 'postgres.port' },
    ].map(({ more, at }) => ({
      spec: { name: 'a', postgres: { binaries: 'system' as const }, topology: { members: 3 }, ...more },
      at,
    })),
  },
}

/** The next port nobody of the spec uses. */
function freeFrom(port: number, used: ReadonlySet<number>): number {
  let free = port
  while (used.has(free)) free = free < 65_535 ? free + 1 : 1024
  return free
}
