import { aimAtLeader } from '../../src/operations/drill/drill.ts'
import { siteOf } from '../../src/operations/drill/world.ts'
import type { Scenario } from '../scenario.ts'

/** The primary's server and another member's etcd die in the same moment. */
export const twoAtOnce: Scenario = {
  name: 'two-at-once',
  usualSeconds: 30,
  fault: 'held',
  holdSeconds: () => 5,
  needs: [],
  says: ({ member, details }) => ({
    does: `kills PostgreSQL of ${member}, the primary, and everything of ${details['other'] ?? ''}`,
    risk: 'one standby is left',
    expects: 'writes come back with what is left, and nothing acknowledged is missing',
  }),
  aim(_world, view) {
    const other = view.members.find(({ name }) => name !== view.leader)
    return Promise.resolve(aimAtLeader(view, { other: other?.name ?? '' }))
  },
  async inject(world, { member, details }) {
    await Promise.all([
      siteOf(world, details['other']).faults.killEverything(),
      siteOf(world, member).faults.kill('postgres'),
    ])
  },
  heal: (world, { details }) => siteOf(world, details['other']).faults.allowStart(),
  expectation: ({ killPostgres, memberLoss }) => ({
    writeGap: killPostgres + memberLoss,
    basis: 'the synchronous standby is given up, and the primary starts again',
  }),
}
