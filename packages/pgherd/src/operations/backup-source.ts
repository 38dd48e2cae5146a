import type { ServerIdentity } from '../backup/stream/replication-connection.ts'
import type { ClusterAccess } from '../cluster/access.ts'
import { PatroniApi } from '../cluster/patroni-api.ts'
import type { PatroniCluster } from '../cluster/patroni-documents.ts'
import { DiagnosticError, diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { serversOf } from '../topology/topology.ts'
import type { OperationContext } from './context.ts'
import {
  memberReplication,
  primaryOf,
  replicationAccess,
  type ReplicationAccess,
} from './replication-access.ts'

const applicationName = 'pgherd_backup'

/** Where a base backup is taken from. */
export interface BackupSource {
  /** For the record. */
  readonly member: string
  readonly connect: ReplicationAccess
  /** Set for a standby: the end of WAL on the primary, up to which the archive has to reach. */
  readonly endOfWal?: () => Promise<ServerIdentity>
}

/** The primary, or the only server. */
export async function primarySource(context: OperationContext): Promise<BackupSource> {
  const { cluster, member, signal } = context
  if (!cluster) return { member: member.name, connect: replicationAccess(context, applicationName) }
  const primary = await primaryOf(cluster, signal)
  return { member: primary.name, connect: memberReplication(cluster, primary, applicationName) }
}

/** A standby that keeps up, so that the primary is spared; undefined when there is none, or no cluster. */
export async function standbySource({
  cluster,
  signal,
}: OperationContext): Promise<BackupSource | undefined> {
  if (!cluster) return undefined
  const primary = await primaryOf(cluster, signal)
  const patroni = new PatroniApi(cluster, primary, { signal })
  const name = chooseStandby(await patroni.cluster(), primary.name)
  const standby = serversOf(cluster.topology).find((member) => member.name === name)
  if (!standby) return undefined
  return {
    member: standby.name,
    connect: memberReplication(cluster, standby, applicationName),
    endOfWal: () => endOfWal(cluster, signal),
  }
}

/** Bytes of WAL a standby may be behind: a segment, which is a moment for one that streams. */
const mostLagBytes = 16 * 2 ** 20

/**
 * The standby that streams on the primary's timeline and is least behind; one that commits wait for only when there is
 * no other, because reading all of its data slows it down. Pure.
 */
export function chooseStandby({ members }: PatroniCluster, primary: string): string | undefined {
  const timeline = members.find(({ name }) => name === primary)?.timeline
  const [best] = members
    .flatMap(({ name, role, state, lag, timeline: own }) => {
      const streams = ['running', 'streaming'].includes(state) && own === timeline
      return name !== primary && streams && typeof lag === 'number' && lag <= mostLagBytes
        ? [{ name, lag, waitedFor: /sync|quorum/.test(role) }]
        : []
    })
    .toSorted((a, b) => Number(a.waitedFor) - Number(b.waitedFor) || a.lag - b.lag)
  return best?.name
}

async function endOfWal(cluster: ClusterAccess, signal: AbortSignal): Promise<ServerIdentity> {
  const primary = await primaryOf(cluster, signal)
  const connection = await memberReplication(cluster, primary, applicationName)(signal)
  try {
    return await connection.identify()
  } finally {
    await connection.close()
  }
}

/** Why the primary had to do it after all. Throws the error when it is no matter of the standby. */
export function fellBack(source: BackupSource, error: unknown): Diagnostic {
  const about = ['BACKUP_INTERRUPTED', 'BACKUP_WAL_GAP', 'BACKUP_CHECKSUM_MISMATCH']
  const finding = error instanceof DiagnosticError ? error.diagnostics[0] : undefined
  if (!finding || !about.includes(finding.code)) throw error
  return diagnose('BACKUP_FROM_PRIMARY', {
    detail: `a backup from the standby ${source.member} did not work, so it was taken from the primary: ${finding.detail}`,
    mend: mend.run('pgherd', 'status'),
    at: { member: source.member },
  })
}
