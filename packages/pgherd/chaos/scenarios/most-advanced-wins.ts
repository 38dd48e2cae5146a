import { aimAtLeader, ledByAnother } from '../../src/operations/drill/drill.ts'
import { siteOf } from '../../src/operations/drill/world.ts'
import { poll } from '../../src/operations/drill/poll.ts'
import type { Scenario } from '../scenario.ts'
import { stallReceiver, wakeReceivers } from './stalled-receiver.ts'

const writeForMs = 2000

/** One standby stopped receiving, then the primary is lost: the other one must be promoted. */
export const mostAdvancedWins: Scenario = {
  name: 'most-advanced-wins',
  usualSeconds: 40,
  fault: 'held',
  holdSeconds: () => 0,
  needs: [],
  says: ({ member, details }) => ({
    does: `freezes the WAL receiver of ${details['stalled'] ?? ''} and kills ${member}, the primary`,
    risk: 'two of three members are away',
    expects: 'the standby that has every acknowledged write is promoted',
  }),
  aim(_world, view) {
    const standbys = view.members.filter(({ name }) => name !== view.leader)
    const stalled = standbys.find(({ sync }) => sync === 'async' || sync === 'none') ?? standbys[0]
    return Promise.resolve(aimAtLeader(view, { stalled: stalled?.name ?? '' }))
  },
  async inject(world, { member, details }) {
    await stallReceiver(world, details['stalled'] ?? '')
    await new Promise((resolve) => setTimeout(resolve, writeForMs))
    await siteOf(world, member).faults.killEverything()
  },
  async heal(world, { member }) {
    await wakeReceivers(world)
    await siteOf(world, member).faults.allowStart()
  },
  consequence: ledByAnother,
  async checkDuring(world, { details }) {
    const leader = await poll(30, world.signal, async () => (await world.observe()).leader)
    const ok = leader !== undefined && leader !== details['stalled']
    return [
      { name: 'the standby that fell behind is not promoted', ok, detail: `${leader ?? 'nobody'} leads` },
    ]
  },
  expectation: ({ memberLoss }) => ({
    writeGap: memberLoss,
    basis: 'the lease runs out, the other standby takes over',
  }),
}
