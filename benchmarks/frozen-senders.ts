import { setTimeout as sleep } from 'node:timers/promises'
import { readProbeIds } from '../packages/pgherd/src/ledger/probe-table.ts'
import type { Fault } from '../packages/pgherd/src/operations/drill/drill.ts'
import { killMember } from '../packages/pgherd/src/operations/drill/drills/kill-member.ts'
import { askMember, siteOf, type DrillWorld } from '../packages/pgherd/src/operations/drill/world.ts'

/** What became of the WAL that was not sent any more. */
export interface Unsent {
  /** Moment of the death, in seconds of performance.now(). */
  readonly died: number
  /** WAL of the primary that its successor does not have, in bytes; the last writes of its last milliseconds are not in it. */
  readonly bytes: number
  /** When the successor was asked for what it has: what was acknowledged by then and is not there is lost. */
  readonly asked: number
  /** Ids of the writes the successor has. */
  readonly kept: ReadonlySet<string>
}

/**
 * The loss of the primary's machine, when it has sent no WAL for a while: its walsenders are frozen, which no client
 * notices with `durability: async`. Reports what the successor has once it leads.
 */
export function frozenSenders(holdMs: number, tell: (unsent: Unsent) => void): Fault {
  let [written, died] = ['', NaN]
  return {
    ...killMember,
    name: 'frozen-senders',
    async inject(world, { member }) {
      const site = siteOf(world, member)
      const senders = await askMember(
        site,
        'postgres',
        "SELECT pid FROM pg_stat_replication WHERE state = 'streaming' AND usename = 'pgherd_replication'",
      )
      for (const { pid } of senders) process.kill(Number(pid), 'SIGSTOP')
      await sleep(holdMs)
      written = await textOf(world, member, 'SELECT pg_current_wal_flush_lsn()::text AS value')
      died = performance.now() / 1000
      await site.faults.killEverything()
    },
    async checkAfter(world) {
      const { leader } = await world.observe()
      // where the timeline of the old primary ends: the last line of the history says so (PostgreSQL, "WAL Internals")
      const lost = `SELECT greatest(0, pg_wal_lsn_diff('${written}', split_part(regexp_replace(rtrim(pg_read_file(
        'pg_wal/' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) || '.history'), E'\\n'), '.*\\n', ''), E'\\t', 2)::pg_lsn))::text AS value`
      const asked = performance.now() / 1000
      const rows = await askMember(siteOf(world, leader), world.database, readProbeIds)
      tell({
        died,
        asked,
        bytes: Number(await textOf(world, leader, lost)),
        kept: new Set(rows.map(({ id }) => String(id))),
      })
      return []
    },
  }
}

async function textOf(world: DrillWorld, member: string | undefined, question: string): Promise<string> {
  const [row] = await askMember(siteOf(world, member), 'postgres', question)
  return String(row?.['value'])
}
