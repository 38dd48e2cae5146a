import type { LiveAddress } from '../backup/proof/live-server.ts'
import { connectTo } from '../cluster/connect.ts'
import { findPrimary } from '../cluster/find-primary.ts'
import { maintenanceDatabase, replicationRole } from '../components/reserved-names.ts'
import { roleSecretId } from '../secrets/secret.ts'
import type { OperationContext } from './context.ts'

/**
 * How the live server is asked: as superuser over the socket; in a cluster as pgherd_replication on the primary, over
 * TLS, with the rights `declareObjects` gives it. Undefined while a cluster has no primary.
 */
export async function liveAddress({
  member,
  cluster,
  signal,
}: OperationContext): Promise<LiveAddress | undefined> {
  if (!cluster)
    return (database) => ({
      host: member.paths.sockets,
      port: member.ports.postgres,
      user: 'postgres',
      database,
    })
  const primary = await findPrimary(cluster, signal)
  if (!primary) return undefined
  const config = await connectTo(cluster, primary, {
    user: replicationRole,
    secret: roleSecretId(replicationRole),
    database: maintenanceDatabase,
    applicationName: 'pgherd_proof',
  })
  return (database) => ({ ...config, database })
}
