import { siteOf } from '../world.ts'
import { aimAtLeader, ledByAnother, type Drill } from '../drill.ts'

/** The primary is cut off from everybody, and lives. */
export const partitionPrimary: Drill = {
  name: 'partition-primary',
  fault: 'held',
  holdSeconds: ({ lease }) => lease,
  needs: [],
  says: ({ member }) => ({
    does: `cuts ${member}, the primary, off from every other member and from the clients`,
    risk: 'clients wait until the lease runs out and a standby takes over',
    expects: `${member} stops taking writes by itself before another is promoted, and comes back as a standby`,
  }),
  aim: (_world, view) => Promise.resolve(aimAtLeader(view)),
  inject: (world, { member }) => siteOf(world, member).faults.isolate(),
  heal: (world, { member }) => siteOf(world, member).faults.rejoin(),
  consequence: ledByAnother,
  expectation: ({ memberLoss: writeGap }) => ({
    writeGap,
    basis: 'the lease runs out, a standby takes over, routing',
  }),
}
