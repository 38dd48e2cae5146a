import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ThrowawayServer } from '../../../../testbed/src/throwaway-server.ts'
import { formatLsn, parseLsn } from '../lsn.ts'
import { restorePoints } from './wal-records.ts'

test.each([15, 18] as const)(
  'every restore point in the WAL of PostgreSQL %i is found, those across pages too',
  async (major) => {
    await using server = await ThrowawayServer.start({ major })
    await server.query('create extension pg_walinspect')
    const { rows: before } = await server.query('select pg_current_wal_insert_lsn()::text as lsn')
    await server.query(`select count(pg_create_restore_point('point ' || g)) from generate_series(1, 900) g`)
    // A commit flushes what comes before it; restore points do not wait for that.
    await server.query('create table flushed ()')
    const { rows } = await server.query(
      `select start_lsn::text as lsn, pg_walfile_name(start_lsn) as file
       from pg_get_wal_records_info($1::pg_lsn, pg_current_wal_flush_lsn())
       where record_type = 'RESTORE_POINT' order by start_lsn`,
      [(before[0] as { lsn: string }).lsn],
    )
    const all = rows as { lsn: string; file: string }[]
    expect(all).toHaveLength(900)
    const segment = await readFile(join(server.data, 'pg_wal', all[0]?.file ?? ''))
    const first = parseLsn(all[0]?.lsn ?? '')
    const found = restorePoints(segment, first - (first % BigInt(segment.length)))
    expect(found.map((point) => [point.name, formatLsn(point.lsn)])).toEqual(
      all.map(({ lsn }, index) => [`point ${index + 1}`, lsn]),
    )
    expect(Math.abs((found[0]?.at.getTime() ?? 0) - Date.now())).toBeLessThan(60_000)
  },
)
