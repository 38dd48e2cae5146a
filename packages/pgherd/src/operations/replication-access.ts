import type { StoreCompression } from '../backup/repository.ts'
import { connectReplication, type ReplicationConnection } from '../backup/stream/replication-connection.ts'
import type { ClusterAccess } from '../cluster/access.ts'
import { connectTo } from '../cluster/connect.ts'
import { findPrimary } from '../cluster/find-primary.ts'
import { replicationRole } from '../components/reserved-names.ts'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import { roleSecretId } from '../secrets/secret.ts'
import type { Member } from '../topology/topology.ts'
import type { OperationContext } from './context.ts'

export type ReplicationAccess = (signal?: AbortSignal) => Promise<ReplicationConnection>

/**
 * Opens replication connections to whoever takes the writes. A single server is reached over its socket with no
 * password, the peer map lets pgherd in; a cluster over TLS with a password, its primary looked for each time.
 *
 * @throws DiagnosticError WAL_NO_PRIMARY (on connecting) while a cluster has none.
 */
export function replicationAccess(
  { member, cluster }: Pick<OperationContext, 'member' | 'cluster'>,
  applicationName: string,
): ReplicationAccess {
  if (cluster)
    return async (signal) => {
      const primary = await primaryOf(cluster, signal)
      return await memberReplication(cluster, primary, applicationName)(signal)
    }
  const target = {
    host: member.paths.sockets,
    port: member.ports.postgres,
    user: replicationRole,
    applicationName,
  }
  return (signal) => connectReplication(target, signal)
}

/** Opens replication connections to one member of a cluster, whatever its role. */
export function memberReplication(
  cluster: ClusterAccess,
  member: Member,
  applicationName: string,
): ReplicationAccess {
  return async (signal) => {
    const { host, port, password, ssl } = await connectTo(cluster, member, {
      user: replicationRole,
      secret: roleSecretId(replicationRole),
      database: 'replication',
    })
    if (typeof password !== 'string' || typeof ssl !== 'object' || host === undefined || port === undefined)
      throw new Error('a member is reached over TLS with a password')
    return await connectReplication(
      { host, port, user: replicationRole, password, ssl, applicationName },
      signal,
    )
  }
}

/** How often it is asked whether the primary is still the one WAL is streamed from. */
const watchEveryMs = 3000

/**
 * As `replicationAccess`, for the WAL archive: the connection is cut when another member has become primary. A primary
 * that is gone ends it anyway, but one that goes on without the lock would be followed for as long as it lives.
 */
export function followingPrimary(cluster: ClusterAccess, applicationName: string): ReplicationAccess {
  return async (signal) => {
    const primary = await primaryOf(cluster, signal)
    const connection = await memberReplication(cluster, primary, applicationName)(signal)
    let asking = false
    const timer = setInterval(() => {
      if (connection.ended) return clearInterval(timer)
      if (asking) return
      asking = true
      void findPrimary(cluster, signal)
        .then((now) => {
          if (now && now.name !== primary.name) connection.destroy(primaryMoved(primary, now))
        })
        .catch(() => undefined)
        .finally(() => (asking = false))
    }, watchEveryMs)
    timer.unref()
    return connection
  }
}

/** Throws DiagnosticError WAL_NO_PRIMARY. */
export async function primaryOf(cluster: ClusterAccess, signal?: AbortSignal): Promise<Member> {
  const primary = await findPrimary(cluster, signal)
  if (primary) return primary
  throw new DiagnosticError(
    diagnose('WAL_NO_PRIMARY', {
      detail:
        'no member of the cluster is primary right now, so there is no WAL to archive and nothing to back up',
      mend: mend.run('pgherd', 'status'),
    }),
  )
}

function primaryMoved(before: Member, now: Member): DiagnosticError {
  return new DiagnosticError(
    diagnose('WAL_PRIMARY_MOVED', {
      detail: `${now.name} has become primary instead of ${before.name}; the WAL archive goes over to it`,
      mend: mend.run('pgherd', 'status'),
      at: { member: now.name },
    }),
  )
}

/** How finished WAL segments are compressed. WAL comes in small files and all the time, so a fast level has to do. */
export function walCompression({ spec }: Pick<OperationContext, 'spec'>): StoreCompression {
  const { algorithm, level } = spec.backups.compression
  return { algorithm, level: Math.min(level, 3) }
}
