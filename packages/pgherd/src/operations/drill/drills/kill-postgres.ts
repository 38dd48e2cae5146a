import { siteOf } from '../world.ts'
import { aimAtLeader, type Drill } from '../drill.ts'

/** A crash of the server program: Patroni starts it again, or a standby takes over. */
export const killPostgres: Drill = {
  name: 'kill-postgres',
  fault: 'moment',
  holdSeconds: () => 0,
  needs: [],
  says: ({ member }) => ({
    does: `kills the PostgreSQL of ${member}, the primary, with SIGKILL`,
    risk: 'open transactions are lost, as in any crash',
    expects: 'Patroni starts it again in place, or a standby takes over; no acknowledged write is lost',
  }),
  aim: (_world, view) => Promise.resolve(aimAtLeader(view)),
  inject: (world, { member }) => siteOf(world, member).faults.kill('postgres'),
  heal: () => Promise.resolve(),
  expectation: ({ killPostgres: writeGap }) => ({
    writeGap,
    basis: 'Patroni notices, recovery, promotion, routing',
  }),
}
