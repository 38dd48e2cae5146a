import { checkServerIdentity } from 'node:tls'
import type { ClientConfig } from 'pg'
import { clientCertificate, type ClusterAccess } from '../cluster/access.ts'
import { homeOf } from '../topology/topology.ts'
import type { Member } from '../topology/topology.ts'

/** How the agent reaches its server; injected, because tests cannot use peer authentication. */
export interface ServerAccess {
  /** As pgherd_monitor (pg_monitor): all reading. */
  monitor(database: string): ClientConfig
  /** Makes the server read its files again; Patroni does it in a cluster. */
  readonly superuser?: (database: string) => ClientConfig
  /** `postmaster.pid` of the data directory; absent where the server is on another machine. */
  readonly pidFile?: string
  /** Where the postmaster listens, for the knock at its door. */
  readonly door: { readonly path: string } | { readonly host: string; readonly port: number }
  /** The door is that of a router, which hangs up when there is nobody behind it. */
  readonly routed?: boolean
}

/** Unix socket, no password: pg_ident.conf maps our operating system user (peer map `pgherd`). */
export function socketAccess(member: Member): ServerAccess {
  const as = (user: string) => (database: string) => ({
    host: member.paths.sockets,
    port: member.ports.postgres,
    user,
    database,
  })
  return {
    monitor: as('pgherd_monitor'),
    superuser: as('postgres'),
    pidFile: `${member.paths.data}/postmaster.pid`,
    door: { path: `${member.paths.sockets}/.s.PGSQL.${member.ports.postgres}` },
  }
}

/**
 * The primary of a cluster, whichever member that is: over TLS through the write route of HAProxy, with the password of
 * pgherd_monitor. The superuser never comes over TCP.
 */
export function clusterServerAccess(access: ClusterAccess): ServerAccess {
  const { address, ports } = homeOf(access.topology)
  return {
    monitor: (database) => ({
      host: address,
      port: ports.write,
      user: 'pgherd_monitor',
      password: () => access.readSecret('role-pgherd_monitor'),
      database,
      ssl: {
        ca: clientCertificate(access).ca,
        minVersion: 'TLSv1.2',
        // pg hands over a socket without the host (cluster/connect.ts)
        checkServerIdentity: (_name, certificate) => checkServerIdentity(address, certificate),
      },
    }),
    door: { host: address, port: ports.write },
    routed: true,
  }
}
