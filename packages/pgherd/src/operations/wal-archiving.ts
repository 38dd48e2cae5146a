import type { Repository } from '../backup/repository.ts'
import { WalReceiver, walSlot, type WalReceiverOptions } from '../backup/stream/wal-receiver.ts'
import type { OperationContext } from './context.ts'
import { followingPrimary, replicationAccess, walCompression } from './replication-access.ts'

type ArchivedContext = Pick<OperationContext, 'member' | 'spec' | 'cluster'>

/** How the WAL of a single server, or of whoever is primary of a cluster, is archived, as the spec says. */
export function walArchiving(
  context: ArchivedContext,
  repository: Repository,
  onGap?: WalReceiverOptions['onGap'],
): WalReceiverOptions {
  const { cluster, spec } = context
  return {
    connect: cluster ? followingPrimary(cluster, walSlot) : replicationAccess(context, walSlot),
    repository,
    compression: walCompression(context),
    synchronous: spec.backups.synchronous,
    // a failover takes seconds, and each of them is WAL that only the members hold
    ...(cluster && { retrySeconds: 2 }),
    ...(onGap && { onGap }),
  }
}

/** The archiver that the agent runs; `onGap` is called when only a new base backup makes the archive whole again. */
export function walReceiverOf(
  context: ArchivedContext,
  repository: Repository,
  onGap: NonNullable<WalReceiverOptions['onGap']>,
): WalReceiver {
  return new WalReceiver(walArchiving(context, repository, onGap))
}
