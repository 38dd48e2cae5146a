import pg from 'pg'
import type { ClusterAccess } from '../../cluster/access.ts'
import { connectTo } from '../../cluster/connect.ts'

const account = {
  user: 'pgherd_monitor',
  secret: 'role-pgherd_monitor',
  database: 'postgres',
  applicationName: 'pgherd switchover',
  // the router may still lead to the primary that is gone, and try it for seconds: rather ask anew
  connectTimeoutMs: 400,
} as const

/**
 * The address of the server that takes writes behind the write port of HAProxy, as clients will find it; undefined when
 * the one that answers is a standby. HAProxy holds a session until there is one primary. Throws when nobody answers.
 */
export async function writableBehindRoute(access: ClusterAccess): Promise<string | undefined> {
  const client = new pg.Client(await connectTo(access, 'write', account))
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query<{ standby: boolean; address: string | null }>(
      'SELECT pg_is_in_recovery() AS standby, host(inet_server_addr()) AS address',
    )
    const [row] = rows
    return row && !row.standby ? (row.address ?? '') : undefined
  } finally {
    await client.end().catch(() => undefined)
  }
}
