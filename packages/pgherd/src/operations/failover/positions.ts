import type { OperationSite } from '../cluster-operation.ts'
import { rowsOf } from '../cluster-operation.ts'
import type { Position } from './decide.ts'

/** Newest WAL of every server that answers over its socket. */
export async function readPositions(sites: readonly OperationSite[]): Promise<ReadonlyMap<string, Position>> {
  const servers = sites.filter(({ member }) => member.kind === 'server')
  const found = await Promise.all(
    servers.map(async ({ member, host }) => {
      try {
        const [row] = await rowsOf(host, positionQuery)
        return row ? [[member.name, parsePosition(row)] as const] : []
      } catch {
        return [] // a server that is down has no say
      }
    }),
  )
  return new Map(found.flat())
}

/** A standby that has lost its receiver knows its timeline from the control file alone. */
const positionQuery = `
  SELECT CASE WHEN pg_is_in_recovery()
              THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0'::pg_lsn
              ELSE pg_current_wal_flush_lsn() - '0/0'::pg_lsn END::text AS bytes,
         greatest(c.timeline_id, (SELECT max(received_tli) FROM pg_stat_wal_receiver)) AS timeline
    FROM pg_control_checkpoint() c`

function parsePosition({ timeline, bytes }: Readonly<Record<string, unknown>>): Position {
  // text, since a number of JavaScript does not hold 64 bits; null in a standby that has replayed nothing yet
  return { timeline: Number(timeline), bytes: BigInt(typeof bytes === 'string' ? bytes : 0) }
}
