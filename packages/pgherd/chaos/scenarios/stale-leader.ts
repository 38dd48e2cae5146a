import { aimAtLeader, ledByAnother } from '../../src/operations/drill/drill.ts'
import { poll } from '../../src/operations/drill/poll.ts'
import { siteOf, type DrillSite } from '../../src/operations/drill/world.ts'
import type { Scenario } from '../scenario.ts'

/** A partition longer than any preset needs for a failover, in seconds. */
const longest = 60

/**
 * A partition that ends right after another member was promoted, while the fence of the old primary is frozen: Patroni
 * there steps down by itself, keeps what it knew of etcd, and must not put its key over that of the new leader
 * (patroni pull requests 2689 and 2693; Patroni 3.0.2 does so).
 */
export const staleLeader: Scenario = {
  name: 'stale-leader',
  usualSeconds: 45,
  fault: 'held',
  holdSeconds: () => 5,
  needs: [],
  says: ({ member }) => ({
    does: `freezes the fence of ${member}, the primary, and cuts it off until another one leads, and not a moment longer`,
    risk: 'clients wait until the lease runs out and a standby takes over',
    expects: `the new primary stays, and ${member} follows it`,
  }),
  aim: (_world, view) => Promise.resolve(aimAtLeader(view)),
  async inject(world, { member }) {
    const site = siteOf(world, member)
    await signalFence(site, 'SIGSTOP')
    await site.faults.isolate()
    await poll(longest, world.signal, async () => {
      const { leader } = await world.observe()
      return (leader !== undefined && leader !== member) || undefined
    })
    await site.faults.rejoin()
  },
  async heal(world, { member }) {
    const site = siteOf(world, member)
    await site.faults.rejoin()
    await signalFence(site, 'SIGCONT')
  },
  consequence: ledByAnother,
  expectation: ({ memberLoss }) => ({
    writeGap: memberLoss,
    basis: 'the lease runs out, a standby takes over, routing',
  }),
}

async function signalFence({ host }: DrillSite, signal: NodeJS.Signals): Promise<void> {
  const fence = (await host.units()).find(({ name }) => name === 'fence')
  if (fence?.pid !== undefined) process.kill(fence.pid, signal)
}
