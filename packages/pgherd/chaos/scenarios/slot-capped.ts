import { askMember, siteOf } from '../../src/operations/drill/world.ts'
import { poll } from '../../src/operations/drill/poll.ts'
import type { Scenario } from '../scenario.ts'

const segment = 16 * 1024 * 1024
const messageBytes = 1024 * 1024

/** A member is away for long: the WAL kept for it must not fill the disk of the others. */
export const slotCapped: Scenario = {
  name: 'slot-capped',
  usualSeconds: 60,
  fault: 'held',
  holdSeconds: () => 0,
  needs: [],
  says: ({ member }) => ({
    does: `kills ${member}, a standby, and writes more WAL than may be kept for it`,
    risk: 'the member has to be copied anew',
    expects: 'the WAL kept stays below the cap, and the member comes back without a hand',
  }),
  aim(_world, view) {
    const standby = view.members.find(({ name, sync }) => name !== view.leader && sync !== 'sync')
    return Promise.resolve({ member: standby?.name ?? '', details: { leader: view.leader ?? '' } })
  },
  async inject(world, { member, details }) {
    await siteOf(world, member).faults.killEverything()
    const primary = siteOf(world, details['leader'])
    const cap = await settingBytes(primary)
    const message = `SELECT pg_logical_emit_message(false, 'pgherd_chaos', repeat('x', ${messageBytes}))`
    const count = Math.ceil((cap * 1.25) / messageBytes)
    await primary.host.sql('postgres', [
      ...Array.from({ length: count }, () => ({ text: message, alone: true })),
      { text: 'CHECKPOINT', alone: true },
    ])
  },
  heal: (world, { member }) => siteOf(world, member).faults.allowStart(),
  async checkDuring(world) {
    let detail = 'nobody leads'
    const ok = await poll(30, world.signal, async () => {
      const { leader } = await world.observe()
      if (leader === undefined) return undefined
      const primary = siteOf(world, leader)
      const cap = await settingBytes(primary)
      const [row] = await askMember(
        primary,
        'postgres',
        "SELECT coalesce(max(pg_current_wal_lsn() - restart_lsn) FILTER (WHERE wal_status <> 'lost'), 0) AS kept FROM pg_replication_slots",
      )
      const kept = Number(row?.['kept'])
      detail = `${Math.round(kept / 2 ** 20)} MB are kept, the cap is ${Math.round(cap / 2 ** 20)} MB`
      // a slot is given up at a checkpoint, so that it may be ahead by what was written since
      return kept <= cap + 4 * segment || undefined
    })
    return [{ name: 'the WAL kept for a member that is away stays below the cap', ok: ok === true, detail }]
  },
  expectation: () => ({ writeGap: 5, basis: 'a standby that is not synchronous is not waited for' }),
}

async function settingBytes(site: Parameters<typeof askMember>[0]): Promise<number> {
  const [row] = await askMember(
    site,
    'postgres',
    // what is kept for everybody is kept for a slot as well (PostgreSQL source, xlog.c KeepLogSeg)
    "SELECT greatest(pg_size_bytes(current_setting('max_slot_wal_keep_size')), pg_size_bytes(current_setting('wal_keep_size'))) AS bytes",
  )
  return Number(row?.['bytes'])
}
