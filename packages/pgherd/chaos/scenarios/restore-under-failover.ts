import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { noteName } from '../../src/backup/restore/restore-note.ts'
import { probeTable } from '../../src/ledger/probe-table.ts'
import { killMember } from '../../src/operations/drill/drills/kill-member.ts'
import type { DrillCheck } from '../../src/operations/drill/drill.ts'
import { siteOf, type DrillSite } from '../../src/operations/drill/world.ts'
import { endedWithVerdict, endOf, pgherd, type Ended } from '../pgherd-process.ts'
import type { ChaosWorld, Scenario } from '../scenario.ts'

interface Restore {
  readonly into: string
  readonly ended: Promise<Ended>
  /** It was filling the directory when the primary was killed. */
  readonly caught: boolean
}
const restores = new WeakMap<ChaosWorld['sites'], Restore>()

const longestSeconds = 300

/** The primary is lost while a copy of the database is restored beside it. */
export const restoreUnderFailover: Scenario = {
  ...killMember,
  name: 'restore-under-failover',
  usualSeconds: 90,
  says: ({ member }) => ({
    does: `runs pgherd restore into a new directory and kills ${member}, the primary, meanwhile`,
    risk: 'the restore may have to be run again',
    expects: 'a standby takes over, and the restore leaves a whole copy, or none and a reason',
  }),
  async inject(world, { member }) {
    const parent = mkdtempSync(join(dirname(world.specFile), 'restored-'))
    // the user PostgreSQL runs as has to get in
    chmodSync(parent, 0o755)
    const into = join(parent, 'data')
    let over = false
    const args = ['restore', '--spec', world.specFile, '--to', 'latest', '--into', into, '--yes', '--json']
    const ended = pgherd(args, longestSeconds).finally(() => (over = true))
    while (!over && !existsSync(join(into, noteName))) await sleep(20)
    await siteOf(world, member).faults.killEverything()
    restores.set(world.sites, { into, ended, caught: !over })
  },
  async checkAfter(world) {
    const restore = restores.get(world.sites)
    restores.delete(world.sites)
    const ended = await restore?.ended
    try {
      return [
        {
          name: 'the primary was killed in the middle of pgherd restore',
          ok: restore?.caught === true,
          detail: restore?.caught === true ? 'it was at work' : `it had ended before: ${endOf(ended)}`,
        },
        endedWithVerdict('pgherd restore ends with a verdict', ended),
        ...(restore ? await judgeCopy(world, restore.into, ended?.code === 0) : []),
      ]
    } finally {
      if (restore) rmSync(dirname(restore.into), { recursive: true, force: true })
    }
  },
}

/** A copy that is said to be there is whole; one that is not has left nothing that could be taken for a copy. */
async function judgeCopy(world: ChaosWorld, into: string, restored: boolean): Promise<readonly DrillCheck[]> {
  if (!restored) {
    const left = existsSync(into) ? readdirSync(into) : []
    const name = 'a restore that failed leaves nothing'
    return [{ name, ok: left.length === 0, detail: left.slice(0, 5).join(', ') || 'nothing is there' }]
  }
  const { leader } = await world.observe()
  const site = siteOf(world, leader)
  const note = existsSync(join(into, noteName)) ? readFileSync(join(into, noteName), 'utf8') : 'there is none'
  const control = await said(site, [`${world.postgresBin}/pg_controldata`, into])
  const sums = await said(site, [`${world.postgresBin}/pg_checksums`, '--check', '-D', into])
  return [
    {
      name: 'the note in the copy says that it is complete',
      ok: /complete data directory/.test(note),
      detail: note.split('\n')[0] ?? '',
    },
    {
      name: 'the copy was shut down cleanly',
      ok: /^Database cluster state: +shut down$/m.test(control.text),
      detail: /^Database cluster state: .*$/m.exec(control.text)?.[0] ?? control.text.slice(0, 200),
    },
    {
      name: 'every page of the copy has its checksum',
      ok: sums.code === 0 && /Bad checksums: +0$/m.test(sums.text),
      detail: sums.text.replaceAll(/\s+/g, ' ').slice(0, 200),
    },
    await opens(world, site, into),
  ]
}

/** The copy starts by itself and holds writes of the clients from before the fault. */
async function opens(
  { postgresBin, database }: ChaosWorld,
  site: DrillSite,
  into: string,
): Promise<DrillCheck> {
  const name = 'a server starts on the copy and holds what clients wrote'
  const options = `-c listen_addresses= -c unix_socket_directories=${into}`
  const control = [`${postgresBin}/pg_ctl`, '-D', into, '-w']
  const started = await said(site, [...control, '-l', join(into, 'chaos.log'), '-o', options, 'start'])
  if (started.code !== 0) return { name, ok: false, detail: started.text.slice(0, 300) }
  try {
    const question = `SELECT NOT pg_is_in_recovery(), count(*) > 0, count(*) FROM ${probeTable}`
    const psql = [`${postgresBin}/psql`, '-h', into, '-U', 'postgres', '-d', database, '-XAtc', question]
    const { text } = await said(site, psql)
    return { name, ok: text.startsWith('t|t|'), detail: text.trim().slice(0, 300) }
  } finally {
    await said(site, [...control, '-m', 'immediate', 'stop'])
  }
}

async function said({ host }: DrillSite, argv: readonly string[]) {
  const { code, stdout, stderr } = await host.exec(argv)
  return { code, text: stdout + stderr }
}
