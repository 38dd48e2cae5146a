import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import { statisticsUser } from '../cluster/router-stats.ts'
import { isCluster, type Member, type Topology } from '../topology/topology.ts'

/** Where programs other than PostgreSQL are used, in the words of `url --json`. */
export interface ComponentEndpoint {
  readonly component: string
  /** Scheme of the URL; both are TLS. */
  readonly scheme: 'rediss' | 'https'
  readonly role: string
  readonly database: string
  readonly host: string
  readonly port: number
  /** Id of the secret that opens it. */
  readonly secret: string
}

/** Components `url` knows besides PostgreSQL, each with whether this database has it. */
const components: Readonly<
  Record<string, (topology: Topology, home: Member) => ComponentEndpoint | undefined>
> = {
  // the user every Redis has, since 6 by that name (redis.io, "ACL"); its databases are numbered
  redis: ({ spec }, { address, ports }) =>
    spec.redis && {
      component: 'redis',
      scheme: 'rediss',
      role: 'default',
      database: '0',
      host: address,
      port: ports.redis,
      secret: 'redis',
    },
  haproxy: (topology, { address, ports }) =>
    isCluster(topology)
      ? {
          component: 'haproxy',
          scheme: 'https',
          role: statisticsUser,
          database: '',
          host: address,
          port: ports.statistics,
          secret: 'haproxy-statistics',
        }
      : undefined,
}

/** Where a component is used. Throws DiagnosticError USAGE for one this database does not have. */
export function componentEndpoint(topology: Topology, home: Member, name: string): ComponentEndpoint {
  const endpoint = Object.hasOwn(components, name) ? components[name]?.(topology, home) : undefined
  if (endpoint) return endpoint
  const there = Object.keys(components).filter((each) => components[each]?.(topology, home))
  throw new DiagnosticError(
    diagnose('USAGE', {
      detail: `"${topology.spec.name}" has no component "${name}" with a URL; it has ${there.join(', ') || 'none besides PostgreSQL'}`,
      mend: mend.run('pgherd', 'url'),
    }),
  )
}

/** A URL with the password in it (for Redis: redis.io, "redis-cli", "URI"). */
export function componentUrl(endpoint: ComponentEndpoint, password: string): string {
  const { scheme, role, database, host, port } = endpoint
  const address = host.includes(':') ? `[${host}]` : host
  return `${scheme}://${role}:${encodeURIComponent(password)}@${address}:${port}/${database}`
}
