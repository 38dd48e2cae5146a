import { aimAtLeader } from '../../src/operations/drill/drill.ts'
import { poll } from '../../src/operations/drill/poll.ts'
import { siteOf } from '../../src/operations/drill/world.ts'
import type { Scenario } from '../scenario.ts'

const kills = 3

/** Whoever leads is killed as soon as it leads. */
export const rapidKills: Scenario = {
  name: 'rapid-kills',
  usualSeconds: 60,
  fault: 'moment',
  holdSeconds: () => 0,
  needs: [],
  says: () => ({
    does: `kills PostgreSQL of whoever leads, ${kills} times in a row`,
    risk: 'clients wait several times',
    expects: 'somebody leads in the end, and nothing acknowledged is missing',
  }),
  aim: (_world, view) => Promise.resolve(aimAtLeader(view)),
  async inject(world) {
    for (let count = 0; count < kills; count++) {
      const leader = await poll(90, world.signal, async () => {
        const { leader: name, members } = await world.observe()
        return members.some(
          (each) => each.name === name && each.role === 'primary' && each.state === 'running',
        )
          ? name
          : undefined
      })
      if (leader !== undefined) await siteOf(world, leader).faults.kill('postgres')
    }
  },
  heal: () => Promise.resolve(),
  expectation: ({ killPostgres, memberLoss }) => ({
    writeGap: kills * (killPostgres + memberLoss),
    basis: `${kills} faults without a pause`,
  }),
}
