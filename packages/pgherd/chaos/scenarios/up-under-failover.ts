import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'yaml'
import { Journal } from '../../src/apply/journal.ts'
import { killMember } from '../../src/operations/drill/drills/kill-member.ts'
import type { DrillCheck } from '../../src/operations/drill/drill.ts'
import { askMember, serverSites, siteOf } from '../../src/operations/drill/world.ts'
import { poll } from '../../src/operations/drill/poll.ts'
import { changeSpec } from '../chaos-spec.ts'
import { endedWell, endedWithVerdict, endOf, pgherd, type Ended } from '../pgherd-process.ts'
import type { ChaosWorld, Scenario } from '../scenario.ts'

/** One that is reloaded, and one that every member must be restarted for, one after the other. */
const settings = { work_mem: ['5MB', '6MB'], max_locks_per_transaction: [80, 96] } as const

interface Run {
  readonly ended: Promise<Ended>
  /** What `up` had begun with when the primary was killed; undefined when it never began. */
  readonly caught: string | undefined
}
const runs = new WeakMap<ChaosWorld['sites'], Run>()

/** The primary is lost while `pgherd up` carries out a change that takes every member through a restart. */
export const upUnderFailover: Scenario = {
  ...killMember,
  name: 'up-under-failover',
  usualSeconds: 120,
  says: ({ member }) => ({
    does: `changes two settings, runs pgherd up and kills ${member}, the primary, at its first step`,
    risk: 'up fails and has to be run again',
    expects: 'somebody leads, and running up again brings the settings to every member',
  }),
  // the same up starts the supervisor of the dead member anew, which may lead again before its lock has run out
  consequence: ({ leader }) => leader !== undefined,
  async inject(world, { member }) {
    const before = parse(readFileSync(world.specFile, 'utf8')) as {
      postgres?: { settings?: Record<string, unknown> }
    }
    for (const [name, [one, other]] of Object.entries(settings))
      changeSpec(
        world.specFile,
        ['postgres', 'settings', name],
        before.postgres?.settings?.[name] === one ? other : one,
      )
    const began = new Date().toISOString()
    let over = false
    const ended = up(world).finally(() => (over = true))
    let caught: string | undefined
    while (!over && (caught = stepOf(world, began)) === undefined) await sleep(20)
    await siteOf(world, member).faults.killEverything()
    runs.set(world.sites, { ended, caught })
  },
  async checkAfter(world): Promise<readonly DrillCheck[]> {
    const run = runs.get(world.sites)
    runs.delete(world.sites)
    const first = await run?.ended
    const again = await up(world)
    const third = await pgherd(['plan', '--spec', world.specFile, '--json'])
    return [
      {
        name: 'the primary was killed in the middle of pgherd up',
        ok: run?.caught !== undefined,
        detail: run?.caught ?? `it had ended before: ${endOf(first)}`,
      },
      endedWithVerdict('pgherd up that was interrupted ends with a verdict', first),
      endedWell('pgherd up carries the rest out when it is run again', again),
      {
        name: 'then nothing is left to do',
        ok: third.code === 0 && stepsOf(third) === 0,
        detail: `plan ended with ${third.code} and finds ${stepsOf(third) ?? 'no'} steps`,
      },
      ...(await Promise.all(Object.keys(settings).map((each) => sameSetting(world, each)))),
    ]
  },
}

/** The step of an `up` begun after a moment that is under way on any member, as its journal has it. */
function stepOf({ topology }: ChaosWorld, since: string): string | undefined {
  for (const { name, paths } of topology.members) {
    const run = Journal.interrupted(paths.journal)
    if (run && run.at >= since) return `up was at step ${run.done + 1} of ${run.steps} on ${name}`
  }
  return undefined
}

function up(world: ChaosWorld): Promise<Ended> {
  return pgherd(['up', '--spec', world.specFile, '--yes', '--no-prove', '--json'])
}

function stepsOf({ said }: Ended): number | undefined {
  try {
    const { steps } = JSON.parse(said) as { steps?: readonly unknown[] }
    return steps?.length
  } catch {
    return undefined
  }
}

/** What the spec says of a setting is in force on every member. */
async function sameSetting(world: ChaosWorld, name: string): Promise<DrillCheck> {
  const { postgres } = parse(readFileSync(world.specFile, 'utf8')) as {
    postgres: { settings: Record<string, unknown> }
  }
  const wanted = String(postgres.settings[name])
  let detail = ''
  // a member may be on its way back still when `up` ends: what it owes Patroni is a restart, and that is under way
  const ok = await poll(60, world.signal, async () => {
    const found = await Promise.all(
      serverSites(world).map(async (site) => {
        const value = await askMember(site, 'postgres', `SELECT current_setting('${name}') AS value`).then(
          ([row]) => `has ${String(row?.['value'])}`,
          () => 'does not answer',
        )
        return `${site.member.name} ${value}`
      }),
    )
    detail = found.join(', ')
    return found.every((each) => each.endsWith(` has ${wanted}`)) || undefined
  })
  return { name: `${name} is ${wanted} everywhere`, ok: ok === true, detail }
}
