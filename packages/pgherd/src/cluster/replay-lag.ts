import pg from 'pg'
import type { Member } from '../topology/topology.ts'
import type { ClusterAccess } from './access.ts'
import { connectTo } from './connect.ts'
import { cut } from './session.ts'

/** Role of health checks. */
const monitorAccount = { user: 'pgherd_monitor', secret: 'role-pgherd_monitor', database: 'postgres' }

/**
 * How far a standby is behind the primary's position (bytes from the start of WAL, asked before), in seconds by its own
 * clock: 0 once it has replayed that position, else the age of the newest transaction it has replayed. The age alone
 * would grow on an idle primary (PostgreSQL documentation, 27.2.5.2 "Monitoring"). Undefined when it cannot be told.
 */
export async function replayLagSeconds(
  access: ClusterAccess,
  standby: Member,
  position: number,
  timeoutMs: number,
): Promise<number | undefined> {
  const client = new pg.Client({
    ...(await connectTo(access, standby, { ...monitorAccount, connectTimeoutMs: timeoutMs })),
    query_timeout: timeoutMs,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ seconds: number | null }>(
      `select case when pg_last_wal_replay_lsn() >= $1::pg_lsn then 0
        else extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) end::float8 as seconds`,
      [positionText(position)],
    )
    const [found] = rows
    return found?.seconds == null ? undefined : Math.max(0, found.seconds)
  } finally {
    cut(client)
  }
}

/** `0/3000060`, as PostgreSQL writes positions. */
function positionText(position: number): string {
  const high = Math.floor(position / 2 ** 32)
  return `${high.toString(16)}/${(position % 2 ** 32).toString(16)}`.toUpperCase()
}
