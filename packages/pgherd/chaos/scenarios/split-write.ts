import { aimAtLeader, ledByAnother } from '../../src/operations/drill/drill.ts'
import { askMember, serverSites, siteOf } from '../../src/operations/drill/world.ts'
import type { Scenario } from '../scenario.ts'

const table = 'public.pgherd_chaos_split'

/**
 * A primary that is cut off takes a write of its own before it steps down. When it comes back, that write has no place
 * in the history, and pg_rewind has to take it away.
 */
export const splitWrite: Scenario = {
  name: 'split-write',
  usualSeconds: 50,
  fault: 'held',
  holdSeconds: ({ lease }) => lease,
  needs: [],
  says: ({ member }) => ({
    does: `cuts ${member}, the primary, off and writes on it without waiting for a standby`,
    risk: 'that write is thrown away, as it must be',
    expects: `${member} comes back by pg_rewind, and the write is nowhere`,
  }),
  aim: (_world, view) => Promise.resolve(aimAtLeader(view)),
  async inject(world, { member }) {
    const { faults, host } = siteOf(world, member)
    await host.sql('postgres', [{ text: `CREATE TABLE IF NOT EXISTS ${table} (id int)` }])
    await faults.isolate()
    // the session of the host commits locally (synchronous_commit), which no client of ours does
    await host.sql('postgres', [{ text: `INSERT INTO ${table} VALUES (1)` }])
  },
  heal: (world, { member }) => siteOf(world, member).faults.rejoin(),
  consequence: ledByAnother,
  async checkAfter(world) {
    const counts = await Promise.all(
      serverSites(world).map(async (site) => {
        const [row] = await askMember(site, 'postgres', `SELECT count(*) AS n FROM ${table}`)
        return `${site.member.name} has ${String(row?.['n'])}`
      }),
    )
    const { leader } = await world.observe()
    await siteOf(world, leader).host.sql('postgres', [{ text: `DROP TABLE ${table}` }])
    const ok = counts.every((count) => count.endsWith(' has 0'))
    return [{ name: 'the write of the old primary is nowhere', ok, detail: counts.join(', ') }]
  },
  expectation: ({ memberLoss }) => ({
    writeGap: memberLoss,
    basis: 'the lease runs out, a standby takes over',
  }),
}
