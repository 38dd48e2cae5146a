import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { majors } from '../../../../testbed/src/postgres-programs.ts'
import { ThrowawayServer } from '../../../../testbed/src/throwaway-server.ts'
import { parseLsn } from '../lsn.ts'
import { parseControlFile } from './control-file.ts'

test.each(majors)('the control file of PostgreSQL %i says what the server says', async (major) => {
  const settings = {
    max_connections: '37',
    max_worker_processes: '11',
    max_wal_senders: '9',
    max_prepared_transactions: '5',
    max_locks_per_transaction: '71',
  }
  await using server = await ThrowawayServer.start({ major, settings })
  const { rows } = await server.query(
    'select system_identifier::text as id, checkpoint_lsn::text as lsn from pg_control_system(), pg_control_checkpoint()',
  )
  const control = parseControlFile(await readFile(join(server.data, 'global', 'pg_control')))
  expect(control).toEqual({
    systemId: rows[0]?.id,
    timeline: 1,
    shutDown: false,
    checkpoint: parseLsn(String(rows[0]?.lsn)),
    walSegmentBytes: 16 * 1024 * 1024,
    minimums: Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, Number(value)])),
  })
  await server.halt()
  expect(parseControlFile(await readFile(join(server.data, 'global', 'pg_control'))).shutDown).toBe(true)
})
