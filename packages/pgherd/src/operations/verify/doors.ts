import { readFile } from 'node:fs/promises'
import type pg from 'pg'
import type { ClusterAccess } from '../../cluster/access.ts'
import { connectTo, type Endpoint } from '../../cluster/connect.ts'
import { roleSecretId } from '../../secrets/secret.ts'
import { serversOf } from '../../topology/topology.ts'
import { clientAddress } from '../client-address.ts'
import type { OperationContext } from '../context.ts'

/** A place where TCP connections come in. */
export interface Door {
  /** As people know it: `PgBouncer`, `pg1`. */
  readonly name: string
  /** How a declared role comes in there, over TLS with the server verified. */
  readonly config: (role: string, database: string) => Promise<pg.ClientConfig>
}

/**
 * The door applications use for a database. In a cluster that is the pool; a database the pool does not lead to, such as
 * `postgres` with the health functions, is reached through the router.
 */
export function clientDoor(context: OperationContext, database: string): Door {
  const { cluster, spec } = context
  if (!cluster) return single(context)
  return Object.hasOwn(spec.databases, database)
    ? clusterDoor(cluster, 'PgBouncer', 'pool')
    : clusterDoor(cluster, 'HAProxy', 'write')
}

/** Every door there is: in a cluster the pool, both ways of the router, and the servers behind them. */
export function allDoors(context: OperationContext): readonly Door[] {
  const { cluster, topology } = context
  if (!cluster) return [single(context)]
  return [
    clusterDoor(cluster, 'PgBouncer', 'pool'),
    clusterDoor(cluster, 'HAProxy for writing', 'write'),
    clusterDoor(cluster, 'HAProxy for reading', 'read'),
    ...serversOf(topology).map((member) => clusterDoor(cluster, member.name, member)),
  ]
}

function clusterDoor(cluster: ClusterAccess, name: string, to: Endpoint): Door {
  return {
    name,
    config: (role, database) => connectTo(cluster, to, { user: role, secret: roleSecretId(role), database }),
  }
}

function single(context: OperationContext): Door {
  const { spec, member } = context
  return {
    name: 'the server',
    config: async (role, database) => ({
      host: clientAddress(spec),
      port: member.ports.postgres,
      user: role,
      password: await context.readSecret(roleSecretId(role)),
      database,
      ssl: { ca: await readFile(`${member.paths.tls}/ca.crt`, 'utf8') },
    }),
  }
}
