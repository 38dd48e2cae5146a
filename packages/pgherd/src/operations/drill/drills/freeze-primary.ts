import { siteOf } from '../world.ts'
import { aimAtLeader, ledByAnother, type Drill } from '../drill.ts'

/** The primary hangs: it accepts connections and answers nothing. */
export const freezePrimary: Drill = {
  name: 'freeze-primary',
  fault: 'held',
  holdSeconds: () => 0,
  needs: [],
  says: ({ member }) => ({
    does: `stops every process of the PostgreSQL of ${member}, the primary, with SIGSTOP`,
    risk: 'clients wait until the lease runs out and a standby takes over',
    expects: `a standby takes over, and ${member} takes no more writes when it wakes up`,
  }),
  aim: (_world, view) => Promise.resolve(aimAtLeader(view)),
  inject: (world, { member }) => siteOf(world, member).faults.freeze('postgres'),
  heal: (world, { member }) => siteOf(world, member).faults.thaw('postgres'),
  consequence: ledByAnother,
  expectation: ({ memberLoss: writeGap }) => ({
    writeGap,
    basis: 'the lease runs out, a standby takes over, routing',
  }),
}
