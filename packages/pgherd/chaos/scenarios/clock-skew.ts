import { aimAtLeader, ledByAnother } from '../../src/operations/drill/drill.ts'
import { poll } from '../../src/operations/drill/poll.ts'
import { siteOf, unitOf, type DrillWorld } from '../../src/operations/drill/world.ts'
import type { Scenario } from '../scenario.ts'

/** Wraps the clock of a process; the monotonic one stays, since no machine's is ever set (Debian package faketime). */
const skewed = {
  LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  FAKETIME: '+1h',
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
}

/** A standby whose clock is an hour ahead is promoted. */
export const clockSkew: Scenario = {
  name: 'clock-skew',
  usualSeconds: 70,
  fault: 'held',
  holdSeconds: () => 0,
  needs: [],
  says: ({ member, details }) => ({
    does: `sets the clock of ${details['skewed'] ?? ''}, the synchronous standby, ahead by an hour and kills ${member}, the primary`,
    risk: 'none beyond that of a lost member',
    expects: 'the standby is promoted, and nothing acknowledged is missing',
  }),
  aim(_world, view) {
    const sync = view.members.find((each) => each.sync === 'sync' || each.sync === 'quorum')
    return Promise.resolve(aimAtLeader(view, { skewed: sync?.name ?? '' }))
  },
  async inject(world, { member, details }) {
    await restartPatroni(world, details['skewed'], skewed)
    await streaming(world, details['skewed'] ?? '')
    await siteOf(world, member).faults.killEverything()
  },
  async heal(world, { member, details }) {
    await siteOf(world, member).faults.allowStart()
    await streaming(world, member)
    await restartPatroni(world, details['skewed'], {})
  },
  consequence: ledByAnother,
  expectation: ({ memberLoss }) => ({
    writeGap: 2 * memberLoss,
    basis: 'the lease runs out, a standby takes over',
  }),
}

async function restartPatroni(
  world: DrillWorld,
  member: string | undefined,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const site = siteOf(world, member)
  const unit = unitOf(site, 'patroni')
  await site.host.restartUnit({ ...unit, env: { ...unit.env, ...env } })
}

async function streaming(world: DrillWorld, member: string): Promise<void> {
  await poll(90, world.signal, async () => {
    const view = await world.observe()
    const mine = view.members.find(({ name }) => name === member)
    return (mine?.role === 'standby' && /^(streaming|running)$/.test(mine.state)) || undefined
  })
}
