import { setTimeout as sleep } from 'node:timers/promises'
import { killMember } from '../../src/operations/drill/drills/kill-member.ts'
import { askMember, siteOf } from '../../src/operations/drill/world.ts'
import type { Scenario } from '../scenario.ts'
import { stallReceiver, wakeReceivers } from './stalled-receiver.ts'

/** WAL that nobody waits for, more than a socket holds: a part of a bulk load, not committed yet. */
const bulk = `SELECT pg_logical_emit_message(false, 'pgherd_chaos', repeat('x', 1024 * 1024)) FROM generate_series(1, 64)`

/** For Patroni to tell etcd how far the primary has written: it does so in each of its rounds. */
const toldMs = 3000

/**
 * The primary is lost in the middle of a bulk load of which the standbys have not received all. They have every acknowledged
 * write, so one takes over, however much of the rest it lacks.
 */
export const bulkUnsent: Scenario = {
  ...killMember,
  name: 'bulk-unsent',
  usualSeconds: 45,
  says: ({ member }) => ({
    does: `freezes the WAL receivers of the standbys, writes 64 MB of WAL on ${member}, the primary, and kills it`,
    risk: 'commits wait while the receivers are frozen',
    expects: 'a standby takes over without losing a write, although it lacks most of the 64 MB',
  }),
  async inject(world, { member }) {
    const { members } = await world.observe()
    for (const { name } of members) if (name !== member) await stallReceiver(world, name)
    await askMember(siteOf(world, member), 'postgres', bulk)
    await sleep(toldMs)
    await siteOf(world, member).faults.killEverything()
    await wakeReceivers(world)
  },
  async heal(world, aim) {
    await wakeReceivers(world)
    await killMember.heal(world, aim)
  },
  expectation: (bounds) => ({
    writeGap: bounds.memberLoss + 2 * (toldMs / 1000),
    basis: 'commits wait while nobody receives, then the lease runs out and a standby takes over',
  }),
}
