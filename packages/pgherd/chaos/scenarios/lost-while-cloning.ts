import { siteOf } from '../../src/operations/drill/world.ts'
import { poll } from '../../src/operations/drill/poll.ts'
import type { Scenario } from '../scenario.ts'

/** A member dies while its copy of the data is being made: half a copy must not be taken for a whole one. */
export const lostWhileCloning: Scenario = {
  name: 'lost-while-cloning',
  usualSeconds: 50,
  fault: 'held',
  holdSeconds: () => 0,
  needs: [],
  says: ({ member }) => ({
    does: `removes the data of ${member}, a standby, and kills it while it is copied anew`,
    risk: 'one standby less for a while',
    expects: 'the copy is begun again, and the member comes back without a hand',
  }),
  aim(_world, view) {
    const standby = view.members.find(({ name, sync }) => name !== view.leader && sync !== 'sync')
    return Promise.resolve({ member: standby?.name ?? '', details: {} })
  },
  async inject(world, { member }) {
    const { host, faults, member: hit } = siteOf(world, member)
    await faults.kill('postgres')
    await host.exec(['rm', '-rf', '--', hit.paths.data])
    await poll(30, world.signal, async () => {
      const view = await world.observe()
      return view.members.find(({ name }) => name === member)?.state === 'creating replica' || undefined
    })
    await faults.killEverything()
  },
  heal: (world, { member }) => siteOf(world, member).faults.allowStart(),
  expectation: () => ({ writeGap: 5, basis: 'a standby that is not synchronous is not waited for' }),
}
