import { poll } from '../../src/operations/drill/poll.ts'
import { isStopped } from '../../src/hosts/local/process-identity.ts'
import { siteOf } from '../../src/operations/drill/world.ts'
import type { ChaosWorld, Scenario } from '../scenario.ts'
import { receiverOf, stallReceiver, wakeReceivers } from './stalled-receiver.ts'

/** wal_sender_timeout of PostgreSQL, and a turn of Patroni: then another standby becomes synchronous. */
const senderGivesUp = 60 + 15

/** The WAL receivers that were frozen. */
const frozen = new WeakMap<ChaosWorld['sites'], number>()

/** The synchronous standby stops confirming, and looks alive: commits wait, and none is acknowledged wrongly. */
export const syncStandbyStuck: Scenario = {
  name: 'sync-standby-stuck',
  usualSeconds: 100,
  fault: 'held',
  holdSeconds: () => 5,
  needs: [],
  says: ({ member }) => ({
    does: `freezes the WAL receiver of ${member}, the synchronous standby`,
    risk: 'commits wait until the primary gives it up',
    expects: 'another standby becomes synchronous, and nothing that was acknowledged is missing',
  }),
  aim(_world, view) {
    const sync = view.members.find((each) => each.sync === 'sync' || each.sync === 'quorum')
    return Promise.resolve({ member: sync?.name ?? '', details: {} })
  },
  async inject(world, { member }) {
    frozen.set(world.sites, await stallReceiver(world, member))
  },
  heal: (world) => wakeReceivers(world),
  async checkDuring(world, { member }) {
    const pid = frozen.get(world.sites) ?? 0
    const look = async () => {
      const view = await world.observe()
      const receiver = await receiverOf(siteOf(world, member)).catch(() => 0)
      const replaced = receiver > 0 && receiver !== pid
      const others = view.synchronous.filter((name) => name !== member)
      const streams = view.members.some(({ name, state }) => others.includes(name) && state === 'streaming')
      return { view, receiver, replaced, confirms: replaced || streams }
    }
    let seen = await look()
    // the server waits for the next one before Patroni has written down who that is
    await poll(5, world.signal, async () => {
      seen = await look()
      return seen.confirms || undefined
    })
    const { view, receiver, replaced, confirms } = seen
    return [
      {
        name: `the WAL receiver of ${member} stood still until writes went on`,
        ok: pid > 0 && (replaced || isStopped(pid)),
        detail: replaced
          ? `process ${pid} was replaced by ${receiver}`
          : `process ${pid} ${isStopped(pid) ? 'is stopped' : 'runs'}`,
      },
      {
        name: 'commits wait for somebody who confirms them',
        ok: confirms,
        detail: `synchronous: ${view.synchronous.join(', ') || 'nobody'}; ${replaced ? `${member} has a new receiver` : `${member} has none that works`}`,
      },
    ]
  },
  async checkAfter(world, { member }) {
    const pid = frozen.get(world.sites) ?? 0
    frozen.delete(world.sites)
    const receiver = await receiverOf(siteOf(world, member))
    const runs = receiver > 0 && !isStopped(receiver)
    return [
      {
        name: `${member} receives WAL again`,
        ok: runs,
        detail: `${runs ? `process ${receiver}` : 'no process that runs'}; the frozen one was ${pid}`,
      },
    ]
  },
  expectation: () => ({ writeGap: senderGivesUp, basis: 'wal_sender_timeout, then Patroni chooses another' }),
}
