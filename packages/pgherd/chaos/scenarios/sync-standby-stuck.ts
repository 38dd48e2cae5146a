import type { Scenario } from '../scenario.ts'
import { stallReceiver, wakeReceivers } from './stalled-receiver.ts'

/** wal_sender_timeout of PostgreSQL, and a turn of Patroni: then another standby becomes synchronous. */
const senderGivesUp = 60 + 15

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
  inject: (world, { member }) => stallReceiver(world, member),
  heal: (world) => wakeReceivers(world),
  expectation: () => ({ writeGap: senderGivesUp, basis: 'wal_sender_timeout, then Patroni chooses another' }),
}
