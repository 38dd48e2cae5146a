import { globSync } from 'node:fs'
import { DiagnosticError, diagnose, mend } from '../../src/diagnostic/diagnostic.ts'
import { aimAtLeader, ledByAnother, type DrillCheck } from '../../src/operations/drill/drill.ts'
import { poll } from '../../src/operations/drill/poll.ts'
import { askMember, siteOf, unitOf, type DrillWorld } from '../../src/operations/drill/world.ts'
import type { ChaosWorld, Scenario } from '../scenario.ts'

const aheadSeconds = 3600

/** What the clocks were when the primary was killed, in seconds since 1970. */
interface Clocks {
  readonly skewed: number
  readonly primary: number
}
const clocks = new WeakMap<ChaosWorld['sites'], Clocks>()

/** A standby whose clock is an hour ahead is promoted. */
export const clockSkew: Scenario = {
  name: 'clock-skew',
  usualSeconds: 90,
  fault: 'held',
  holdSeconds: () => 0,
  needs: [],
  says: ({ member, details }) => ({
    does: `sets the clock of ${details['skewed'] ?? ''}, a standby, ahead by an hour, makes it the synchronous one and kills ${member}, the primary`,
    risk: 'none beyond that of a lost member',
    expects: 'that standby is promoted, and nothing acknowledged is missing',
  }),
  aim(_world, view) {
    const sync = view.members.find((each) => each.sync === 'sync' || each.sync === 'quorum')
    // the restart takes its place away from a synchronous one, so that the other is made ready in peace
    const skewed = view.members.find(({ name }) => name !== view.leader && name !== sync?.name)
    return Promise.resolve(
      aimAtLeader(view, { skewed: skewed?.name ?? '', sync: sync?.name ?? '', library: libraryPath() }),
    )
  },
  async inject(world, { member, details }) {
    const { skewed = '', sync = '', library = '' } = details
    await restartPatroni(world, skewed, skewedBy(library))
    await streaming(world, skewed)
    // only who holds every acknowledged write is promoted
    await restartPatroni(world, sync, {})
    await poll(
      60,
      world.signal,
      async () => (await world.observe()).synchronous.includes(skewed) || undefined,
    )
    await streaming(world, sync)
    clocks.set(world.sites, {
      skewed: await clockOf(world, skewed),
      primary: await clockOf(world, member),
    })
    await siteOf(world, member).faults.killEverything()
  },
  async heal(world, { member, details }) {
    await siteOf(world, member).faults.allowStart()
    await streaming(world, member)
    await restartPatroni(world, details['skewed'] ?? '', {})
  },
  consequence: ledByAnother,
  async checkDuring(world, { details }) {
    const { skewed = '' } = details
    const leader = await poll(30, world.signal, async () => (await world.observe()).leader)
    return [
      wasAhead(skewed, clocks.get(world.sites)),
      {
        name: `${skewed}, whose clock was ahead, is promoted`,
        ok: leader === skewed,
        detail: `${leader ?? 'nobody'} leads`,
      },
    ]
  },
  async checkAfter(world, { details }) {
    const { skewed = '' } = details
    clocks.delete(world.sites)
    const off = (await clockOf(world, skewed)) - Date.now() / 1000
    return [
      {
        name: `the clock of ${skewed} is right again`,
        ok: Math.abs(off) < 60,
        detail: `it is off by ${off.toFixed(1)} s`,
      },
    ]
  },
  expectation: ({ memberLoss }) => ({
    writeGap: 2 * memberLoss,
    basis: 'the synchronous standby is changed, the lease runs out, a standby takes over',
  }),
}

/** Wraps the clock of a process; the monotonic one stays, since no machine's is ever set (faketime(1)). */
function skewedBy(library: string): Readonly<Record<string, string>> {
  return { LD_PRELOAD: library, FAKETIME: `+${aheadSeconds}s`, FAKETIME_DONT_FAKE_MONOTONIC: '1' }
}

/** Where Debian's package libfaketime has it; throws DiagnosticError DRILL_UNAVAILABLE when it is not installed. */
function libraryPath(): string {
  const [found] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')
  if (found !== undefined) return found
  throw new DiagnosticError(
    diagnose('DRILL_UNAVAILABLE', {
      detail: 'libfaketime is not installed, so no process can have another clock than the machine',
      mend: mend.run('apt-get', 'install', 'libfaketime'),
    }),
  )
}

function wasAhead(skewed: string, found: Clocks | undefined): DrillCheck {
  const ahead = found === undefined ? undefined : found.skewed - found.primary
  return {
    name: `the clock of ${skewed} was an hour ahead when the primary was killed`,
    // the two servers are asked one after the other, on a machine that may be busy
    ok: ahead !== undefined && Math.abs(ahead - aheadSeconds) < 30,
    detail: ahead === undefined ? 'nobody asked it' : `it was ${ahead.toFixed(1)} s ahead of the primary's`,
  }
}

/** What the server itself takes the time to be. */
async function clockOf(world: DrillWorld, member: string): Promise<number> {
  const [row] = await askMember(
    siteOf(world, member),
    'postgres',
    'SELECT extract(epoch FROM clock_timestamp())::float8 AS now',
  )
  return Number(row?.['now'])
}

async function restartPatroni(
  world: DrillWorld,
  member: string,
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
