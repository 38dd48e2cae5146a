import { siteOf } from '../world.ts'
import { aimAtLeader, type Drill } from '../drill.ts'

/** The primary hangs: it accepts connections and answers nothing. */
export const freezePrimary: Drill = {
  name: 'freeze-primary',
  fault: 'held',
  holdSeconds: () => 0,
  needs: [],
  says: ({ member }) => ({
    does: `stops every process of the PostgreSQL of ${member}, the primary, with SIGSTOP`,
    risk: 'clients wait until the lease runs out and a standby takes over',
    expects: `a standby takes over, or ${member} starts its server anew; nothing of the frozen one takes a write again`,
  }),
  aim: (_world, view) => Promise.resolve(aimAtLeader(view)),
  inject: (world, { member }) => siteOf(world, member).faults.freeze('postgres'),
  heal: (world, { member }) => siteOf(world, member).faults.thaw('postgres'),
  // no consequence to wait for but the service: the fence ends the frozen server, and whoever takes the lease first leads
  expectation: ({ memberLoss: writeGap }) => ({
    writeGap,
    basis: 'the lease runs out, a standby takes over, routing',
  }),
}
