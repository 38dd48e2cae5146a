import { ledByAnother, aimAtLeader } from '../../src/operations/drill/drill.ts'
import { siteOf } from '../../src/operations/drill/world.ts'
import type { Scenario } from '../scenario.ts'

/** Somebody removes the data of the primary while it runs. */
export const dataRemoved: Scenario = {
  name: 'data-removed',
  usualSeconds: 60,
  fault: 'moment',
  holdSeconds: () => 0,
  needs: [],
  says: ({ member }) => ({
    does: `removes the data directory of ${member}, the primary, and kills its server`,
    risk: 'the member has to be copied anew',
    expects: 'a standby takes over, and the member is cloned without a hand',
  }),
  aim: (_world, view) => Promise.resolve(aimAtLeader(view)),
  async inject(world, { member }) {
    const { host, faults, member: hit } = siteOf(world, member)
    await faults.kill('postgres')
    await host.exec(['rm', '-rf', '--', hit.paths.data])
  },
  heal: () => Promise.resolve(),
  consequence: ledByAnother,
  expectation: ({ killPostgres, memberLoss }) => ({
    writeGap: killPostgres + memberLoss,
    basis: 'the server cannot start, and a standby takes over',
  }),
}
