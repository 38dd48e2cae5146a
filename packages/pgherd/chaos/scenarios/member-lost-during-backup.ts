import { setTimeout as sleep } from 'node:timers/promises'
import { PatroniApi } from '../../src/cluster/patroni-api.ts'
import { chooseStandby } from '../../src/operations/backup-source.ts'
import type { DrillCheck } from '../../src/operations/drill/drill.ts'
import { askMember, siteOf } from '../../src/operations/drill/world.ts'
import { endedWell, endedWithVerdict, endOf, pgherd, type Ended } from '../pgherd-process.ts'
import type { ChaosWorld, Scenario } from '../scenario.ts'

interface Backup {
  readonly ended: Promise<Ended>
  /** It was reading from the member when that was killed. */
  readonly caught: boolean
}
const backups = new WeakMap<ChaosWorld['sites'], Backup>()

const longestSeconds = 300

/** The member that a base backup is taken from dies in the middle. */
export const memberLostDuringBackup: Scenario = {
  name: 'member-lost-during-backup',
  usualSeconds: 60,
  fault: 'held',
  holdSeconds: () => 0,
  needs: [],
  says: ({ member }) => ({
    does: `runs pgherd backup and kills ${member}, the member it is taken from, meanwhile`,
    risk: 'one member less for a while, and the backup may have to be taken again',
    expects: 'the backup is taken from another member or ends with a reason, and no half of one counts',
  }),
  async aim(world, view) {
    const leader = siteOf(world, view.leader).member
    // as pgherd backup chooses
    const standby = chooseStandby(await new PatroniApi(world.access, leader).cluster(), leader.name)
    return { member: standby ?? leader.name, details: {} }
  },
  async inject(world, { member }) {
    let over = false
    const ended = backup(world).finally(() => (over = true))
    let caught = false
    while (!over && !caught) {
      caught = await sendsBackup(world, member)
      if (!caught) await sleep(5)
    }
    await siteOf(world, member).faults.killEverything()
    backups.set(world.sites, { ended, caught })
  },
  heal: (world, { member }) => siteOf(world, member).faults.allowStart(),
  async checkAfter(world, { member }) {
    const run = backups.get(world.sites)
    backups.delete(world.sites)
    const first = await run?.ended
    const halves = await wholeBackups(world, 'every backup that counts is whole')
    const again = await backup(world)
    return [
      {
        name: `${member} was killed while a backup was taken from it`,
        ok: run?.caught === true,
        detail: run?.caught === true ? 'it was sending one' : `it sent none: ${endOf(first)}`,
      },
      endedWithVerdict('pgherd backup ends with a verdict', first),
      takenFromAnother(first, member),
      halves,
      endedWell('the next pgherd backup works', again),
      await wholeBackups(world, 'every backup that counts afterwards is whole'),
    ]
  },
  expectation: ({ memberLoss }) => ({
    writeGap: memberLoss,
    basis: 'a standby that commits may wait for is given up',
  }),
}

function backup({ specFile }: ChaosWorld): Promise<Ended> {
  return pgherd(['backup', '--spec', specFile, '--yes', '--json'], longestSeconds)
}

/** Whether a member is sending a base backup (pg_stat_replication.state, monitoring-stats). */
async function sendsBackup(world: ChaosWorld, member: string): Promise<boolean> {
  const [row] = await askMember(
    siteOf(world, member),
    'postgres',
    "SELECT count(*) > 0 AS sends FROM pg_stat_replication WHERE application_name = 'pgherd_backup' AND state = 'backup'",
  )
  return row?.['sends'] === true
}

/** A backup that is said to be good cannot have come from the member that was killed in its middle. */
function takenFromAnother(ended: Ended | undefined, member: string): DrillCheck {
  const name = 'a backup that worked was taken from another member'
  if (ended?.code !== 0) return { name, ok: true, detail: 'it did not work' }
  const from = /"takenFrom": "([^"]+)"/.exec(ended.said)?.[1]
  return {
    name,
    ok: from !== undefined && from !== member,
    detail: `it was taken from ${from ?? 'nobody knows whom'}`,
  }
}

/** Reads every stored file of every backup in the catalogue again, and looks for what belongs to none of them. */
async function wholeBackups(world: ChaosWorld, name: string): Promise<DrillCheck> {
  const repository = await world.openRepository()
  const records = await repository.backups()
  const wrong: string[] = []
  for (const { id, files } of records) {
    if (files.length === 0) wrong.push(`${id} has no file`)
    for (const file of files)
      if (!(await repository.checkStored(`base/${id}`, file))) wrong.push(`${id} lacks ${file.name}`)
  }
  const ids = new Set(records.map(({ id }) => id))
  const stray = (await repository.list()).filter(
    (path) => path.startsWith('base/') && !ids.has(path.split('/')[1] ?? ''),
  )
  wrong.push(...stray.map((path) => `${path} belongs to no backup`))
  return {
    name,
    ok: records.length > 0 && wrong.length === 0,
    detail: wrong.slice(0, 5).join('; ') || `${records.length} backups`,
  }
}
