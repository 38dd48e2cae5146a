import { isIP } from 'node:net'
import { checkServerIdentity, type ConnectionOptions } from 'node:tls'
import type { ClientConfig } from 'pg'
import { homeOf, type Member } from '../topology/topology.ts'
import { clientCertificate, type ClusterAccess } from './access.ts'

/** `write` and `read` lead through HAProxy to the right member, `pool` through PgBouncer; a member is reached directly. */
export type Endpoint = Member | 'write' | 'read' | 'pool'

export interface Account {
  readonly user: string
  /** Id of the secret that holds the password. */
  readonly secret: string
  readonly database: string
  readonly applicationName?: string
  readonly connectTimeoutMs?: number
}

/** Connection settings with TLS checked against our CA and the address we mean (`verify-full`), and SCRAM. */
export async function connectTo(
  access: ClusterAccess,
  to: Endpoint,
  account: Account,
): Promise<ClientConfig> {
  const { host, port } = addressOf(access, to)
  return {
    host,
    port,
    user: account.user,
    password: await access.readSecret(account.secret),
    database: account.database,
    application_name: account.applicationName ?? 'pgherd',
    connectionTimeoutMillis: account.connectTimeoutMs ?? 3000,
    keepAlive: true,
    ssl: verifiedTls(clientCertificate(access).ca, host),
  }
}

/** TLS checked against a CA (PEM) and the address we mean (`verify-full`). */
export function verifiedTls(ca: string, host: string): ConnectionOptions {
  return {
    ca,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    // an address is no server name (RFC 6066 section 3)
    ...(isIP(host) ? {} : { servername: host }),
    // pg hands over a socket without the host, and Node would check the name `localhost`, which every member has
    checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
  }
}

function addressOf({ topology }: ClusterAccess, to: Endpoint): { host: string; port: number } {
  if (typeof to === 'object') return { host: to.address, port: to.ports.postgres }
  const { address, ports } = homeOf(topology)
  return { host: address, port: { write: ports.write, read: ports.read, pool: ports.pooler }[to] }
}
