import { siteOf } from '../../src/operations/drill/world.ts'
import type { Scenario } from '../scenario.ts'

/** The leader of etcd dies. Its followers elect another; the primary must not step down for that. */
export const killEtcdLeader: Scenario = {
  name: 'kill-etcd-leader',
  usualSeconds: 15,
  fault: 'moment',
  holdSeconds: () => 0,
  needs: [],
  says: ({ member }) => ({
    does: `kills the etcd of ${member}, which leads the others`,
    risk: 'none',
    expects: 'the primary goes on',
  }),
  aim(_world, view) {
    const leader = view.etcd.members.find((each) => each.leader)
    return Promise.resolve({ member: leader?.name ?? '', details: {} })
  },
  inject: (world, { member }) => siteOf(world, member).faults.kill('etcd'),
  heal: () => Promise.resolve(),
  expectation: () => ({ writeGap: 3, basis: 'failsafe mode keeps the primary over the election' }),
}
