import type { ClusterView } from '../../../plan/cluster-view.ts'
import { aimAtLeader, ledByAnother, type Aim, type Drill } from '../drill.ts'
import { siteOf } from '../world.ts'

/** Patroni hangs while its PostgreSQL takes writes: only a fence outside of it can stop that before the lease runs out. */
export const freezePatroni: Drill = {
  name: 'freeze-patroni',
  fault: 'held',
  holdSeconds: ({ lease }) => lease,
  needs: [],
  says: ({ member }) => ({
    does: `stops the Patroni of ${member}, the primary, with SIGSTOP; its PostgreSQL goes on`,
    risk: 'clients wait until PostgreSQL is stopped and a new primary is there',
    expects:
      'before the lease runs out the fence stops PostgreSQL and ends the frozen Patroni; never two primaries',
  }),
  aim: (_world, view) => Promise.resolve(aimAtLeader(view)),
  inject: (world, { member }) => siteOf(world, member).faults.freeze('patroni'),
  heal: (world, { member }) => siteOf(world, member).faults.thaw('patroni'),
  // the fence ends the frozen Patroni, and the one started in its place may lead again before a standby does
  consequence: (view, aim) => ledByAnother(view, aim) || answersAgain(view, aim),
  expectation: ({ memberLoss: writeGap }) => ({
    writeGap,
    basis: 'the lease runs out, a standby takes over, routing',
  }),
}

function answersAgain({ members }: ClusterView, { member }: Aim): boolean {
  return members.some(({ name, role }) => name === member && role !== 'unreachable')
}
