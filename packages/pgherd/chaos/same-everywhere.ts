import { readProbeIds } from '../src/ledger/probe-table.ts'
import type { DrillCheck } from '../src/operations/drill/drill.ts'
import { poll } from '../src/operations/drill/poll.ts'
import {
  askMember,
  serverSites,
  siteOf,
  type DrillSite,
  type DrillWorld,
} from '../src/operations/drill/world.ts'

/** Every member holds what the primary holds: a standby that followed another history would be promoted with it one day. */
export async function sameEverywhere(world: DrillWorld): Promise<DrillCheck> {
  const name = 'every member holds the same writes'
  const { leader } = await world.observe()
  if (leader === undefined) return { name, ok: false, detail: 'nobody leads' }
  const primary = siteOf(world, leader)
  const ids = await idsOf(world, primary)
  const [row] = await askMember(primary, 'postgres', 'SELECT pg_current_wal_lsn()::text AS lsn')
  const lsn = String(row?.['lsn'])
  const details: string[] = []
  for (const site of serverSites(world)) {
    if (site === primary) continue
    const behind = await replayed(site, lsn, world.signal)
    const theirs = new Set(await idsOf(world, site))
    const missing = ids.filter((id) => !theirs.has(id))
    if (!behind) details.push(`${site.member.name} did not replay up to ${lsn}`)
    if (missing.length > 0)
      details.push(`${site.member.name} lacks ${missing.length}: ${missing.slice(0, 5).join(', ')}`)
  }
  return { name, ok: details.length === 0, detail: details.join('; ') || `${ids.length} writes on each` }
}

async function idsOf(world: DrillWorld, site: DrillSite): Promise<string[]> {
  return (await askMember(site, world.database, readProbeIds)).map(({ id }) => String(id))
}

async function replayed(site: DrillSite, lsn: string, signal: AbortSignal): Promise<boolean> {
  const question = `SELECT pg_last_wal_replay_lsn() >= '${lsn}'::pg_lsn AS there`
  const done = await poll(30, signal, async () => {
    const [row] = await askMember(site, 'postgres', question).catch(() => [])
    return row?.['there'] === true || undefined
  })
  return done === true
}
