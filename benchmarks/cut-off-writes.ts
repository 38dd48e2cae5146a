import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { waitWasCanceled } from '../packages/pgherd/src/ledger/outcome.ts'
import type { Fault } from '../packages/pgherd/src/operations/drill/drill.ts'
import { partitionPrimary } from '../packages/pgherd/src/operations/drill/drills/partition-primary.ts'
import { askMember, siteOf, type DrillSite } from '../packages/pgherd/src/operations/drill/world.ts'

const table = 'public.pgherd_bench_cut_off'
const everyMs = 20

/** What a primary acknowledged to a client on its own machine while it was cut off from the others. */
export interface CutOff {
  readonly acknowledged: number
  /** Of these, not there once the cluster is whole again. */
  readonly lost: number
  /** From the cut to the last of them, in seconds. */
  readonly seconds: number
  /** When it acknowledged the last one, in seconds of performance.now(); when it was cut off if it never did. */
  readonly last: number
}

/** The primary is cut off while a client on its machine goes on writing over the socket. */
export function cutOffWrites(tell: (cutOff: CutOff) => void): Fault {
  let writing: Promise<Omit<CutOff, 'lost'>> | undefined
  return {
    ...partitionPrimary,
    async inject(world, { member }) {
      const site = siteOf(world, member)
      await site.host.sql('postgres', [
        { text: `DROP TABLE IF EXISTS ${table}` },
        { text: `CREATE TABLE ${table} (id int)` },
      ])
      await site.faults.isolate()
      writing = writeUntilRefused(site)
    },
    async checkAfter(world) {
      if (!writing) throw new Error('the fault was never made')
      const written = await writing
      const leader = siteOf(world, (await world.observe()).leader)
      const [row] = await askMember(leader, 'postgres', `SELECT count(DISTINCT id)::int AS n FROM ${table}`)
      await leader.host.sql('postgres', [{ text: `DROP TABLE ${table}` }])
      tell({ ...written, lost: Math.max(0, written.acknowledged - Number(row?.['n'])) })
      return []
    },
  }
}

/** One row after the other until the server takes no more, with the durability that every client has. */
async function writeUntilRefused({ member: { paths, ports } }: DrillSite) {
  const client = new pg.Client({
    host: paths.sockets,
    port: ports.postgres,
    user: 'postgres',
    database: 'postgres',
  })
  client.on('error', () => undefined)
  let alone = false
  client.on('notice', (notice) => (alone ||= waitWasCanceled({ message: notice.message })))
  const cut = performance.now() / 1000
  let [acknowledged, last] = [0, cut]
  try {
    await client.connect()
    for (;;) {
      await client.query(`INSERT INTO ${table} VALUES ($1)`, [acknowledged + 1])
      // said to be on this member alone: that is no acknowledgement
      if (alone) break
      acknowledged++
      last = performance.now() / 1000
      await sleep(everyMs)
    }
  } catch {
    // it stopped, as it must
  }
  await client.end().catch(() => undefined)
  return { acknowledged, last, seconds: last - cut }
}
