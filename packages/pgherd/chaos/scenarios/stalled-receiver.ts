import {
  askMember,
  serverSites,
  siteOf,
  type DrillSite,
  type DrillWorld,
} from '../../src/operations/drill/world.ts'
import { poll } from '../../src/operations/drill/poll.ts'

/** Process of the WAL receiver of a standby; 0 when it has none. */
export async function receiverOf(site: DrillSite): Promise<number> {
  const [row] = await askMember(site, 'postgres', 'SELECT pid FROM pg_stat_wal_receiver')
  return Number(row?.['pid'] ?? 0)
}

/** Freezes the WAL receiver, so that the standby falls behind while everything about it looks alive; gives its process. */
export async function stallReceiver(world: DrillWorld, member: string): Promise<number> {
  const site = siteOf(world, member)
  const pid = await poll(20, world.signal, async () => (await receiverOf(site)) || undefined)
  if (pid === undefined) throw new Error(`${member} receives no WAL`)
  process.kill(pid, 'SIGSTOP')
  return pid
}

/** Wakes up whatever WAL receiver is frozen on any member; those that are gone need no waking. */
export async function wakeReceivers(world: DrillWorld): Promise<void> {
  for (const site of serverSites(world)) {
    try {
      const pid = await receiverOf(site)
      if (pid > 0) process.kill(pid, 'SIGCONT')
    } catch {
      // a member that does not answer has no receiver that could be awake
    }
  }
}
