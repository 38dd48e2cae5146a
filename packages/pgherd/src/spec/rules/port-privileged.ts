import { mend } from '../../diagnostic/diagnostic.ts'
import { asksForCluster } from '../cluster.ts'
import { formatPath } from '../path.ts'
import type { SpecRule } from './rule.ts'

/** First port an ordinary user may listen on (ip(7), ip_unprivileged_port_start). */
const firstFree = 1024

export const portPrivileged: SpecRule = {
  id: 'port-privileged',
  why: 'The programs never run as root, and only root may listen below port 1024.',
  *examine(spec) {
    const ports = [
      { path: ['postgres', 'port'], port: spec.postgres.port, instead: 5432 },
      { path: ['agent', 'port'], port: spec.agent.port, instead: 5210 },
      ...(asksForCluster(spec)
        ? [
            { path: ['routing', 'write'], port: spec.routing.write, instead: 5000 },
            { path: ['routing', 'read'], port: spec.routing.read, instead: 5001 },
            { path: ['routing', 'statistics'], port: spec.routing.statistics, instead: 8404 },
            { path: ['pooler', 'port'], port: spec.pooler.port, instead: 6432 },
            ...(spec.redis ? [{ path: ['redis', 'port'], port: spec.redis.port, instead: 6379 }] : []),
          ]
        : []),
    ]
    for (const { path, port, instead } of ports) {
      if (port >= firstFree) continue
      yield {
        code: 'SPEC_DOUBTFUL',
        detail: `${formatPath(path)} is ${String(port)}; pgherd runs its programs as an ordinary user, which most systems keep away from ports below ${String(firstFree)}`,
        mend: mend.edit(formatPath(path), instead),
        path,
      }
    }
  },
  examples: {
    good: { name: 'a', postgres: { port: 1024 } },
    bad: [
      { spec: { name: 'a', postgres: { port: 1023 } }, at: 'postgres.port' },
      { spec: { name: 'a', agent: { port: 80 } }, at: 'agent.port' },
      {
        spec: {
          name: 'a',
          postgres: { binaries: 'system' },
          topology: { members: 3 },
          routing: { statistics: 443 },
        },
        at: 'routing.statistics',
      },
    ],
  },
}
