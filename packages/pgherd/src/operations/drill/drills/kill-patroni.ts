import { siteOf } from '../world.ts'
import { aimAtLeader, type Drill } from '../drill.ts'

/** Patroni alone dies. Its PostgreSQL must not go on as a second primary once the lease runs out. */
export const killPatroni: Drill = {
  name: 'kill-patroni',
  fault: 'moment',
  holdSeconds: () => 0,
  needs: [],
  says: ({ member }) => ({
    does: `kills the Patroni of ${member}, the primary, with SIGKILL; its PostgreSQL goes on`,
    risk: 'PostgreSQL may be stopped and a standby take over',
    expects:
      'Patroni is started again, or the fence stops PostgreSQL before a standby takes over; never two primaries',
  }),
  aim: (_world, view) => Promise.resolve(aimAtLeader(view)),
  inject: (world, { member }) => siteOf(world, member).faults.kill('patroni'),
  heal: () => Promise.resolve(),
  expectation: ({ memberLoss: writeGap }) => ({
    writeGap,
    basis: 'at worst the lease runs out and a standby takes over',
  }),
}
