import { siteOf } from '../world.ts'
import { aimAtLeader, ledByAnother, type Drill } from '../drill.ts'

/** A power loss of the primary's machine. */
export const killMember: Drill = {
  name: 'kill-member',
  fault: 'held',
  holdSeconds: () => 0,
  needs: [],
  says: ({ member }) => ({
    does: `kills every process of ${member}, the primary, as a power loss does; starts them again afterwards`,
    risk: 'clients wait until the lease runs out and a standby takes over',
    expects: `a standby takes over without losing a write, and ${member} comes back as a standby`,
  }),
  aim: (_world, view) => Promise.resolve(aimAtLeader(view)),
  inject: (world, { member }) => siteOf(world, member).faults.killEverything(),
  heal: (world, { member }) => siteOf(world, member).faults.allowStart(),
  consequence: ledByAnother,
  expectation: ({ memberLoss: writeGap }) => ({
    writeGap,
    basis: 'the lease runs out, a standby takes over, routing',
  }),
}
