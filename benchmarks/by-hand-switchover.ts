import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { ClusterAccess } from '../packages/pgherd/src/cluster/access.ts'
import { connectTo } from '../packages/pgherd/src/cluster/connect.ts'
import { findPrimary } from '../packages/pgherd/src/cluster/find-primary.ts'
import { observeCluster } from '../packages/pgherd/src/cluster/observe-cluster.ts'
import { PatroniApi } from '../packages/pgherd/src/cluster/patroni-api.ts'
import { poolerAccount } from '../packages/pgherd/src/cluster/pooler-admin.ts'
import { writableBehindRoute } from '../packages/pgherd/src/operations/switchover/writable.ts'

const pollMs = 100
const patienceMs = 30_000

/** What patronictl does: Patroni is asked to hand over to the synchronous standby, and clients have to see for themselves. */
export async function plainSwitchover(access: ClusterAccess): Promise<void> {
  const [primary, { synchronous }] = await Promise.all([findPrimary(access), observeCluster(access)])
  const [candidate] = synchronous
  if (!primary || candidate === undefined) throw new Error('there is no primary with a synchronous standby')
  await new PatroniApi(access, primary).switchover({ leader: primary.name, candidate })
}

/** What a careful script does: PAUSE, hand over, ask the router until the new primary is behind it, RESUME. */
export async function pausedSwitchover(access: ClusterAccess): Promise<void> {
  const before = await writableBehindRoute(access)
  const console = new pg.Client(await connectTo(access, 'pool', { ...poolerAccount, database: 'pgbouncer' }))
  console.on('error', () => undefined)
  await console.connect()
  try {
    await console.query('PAUSE')
    await plainSwitchover(access)
    const until = performance.now() + patienceMs
    for (;;) {
      const now = await writableBehindRoute(access).catch(() => undefined)
      if (now !== undefined && now !== before) return
      if (performance.now() > until) throw new Error('the router does not lead to the new primary')
      await sleep(pollMs)
    }
  } finally {
    await console.query('RESUME')
    await console.end()
  }
}
