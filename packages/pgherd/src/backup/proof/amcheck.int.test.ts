import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ThrowawayServer } from '../../../../testbed/src/throwaway-server.ts'
import { checkStructure } from './amcheck.ts'
import { readTables } from './read-tables.ts'

const soon = (): number => performance.now() + 60_000

async function overwrite(server: ThrowawayServer, path: string, at: number): Promise<void> {
  const file = await open(join(server.data, path), 'r+')
  await file.write(Buffer.alloc(64, 0x5a), 0, 64, at)
  await file.close()
}

test.each([15, 18] as const)(
  'on %i damaged tables and indexes are found and named, and everything else passes',
  async (major) => {
    await using server = await ThrowawayServer.start({ major })
    await server.query('create table item (id int primary key, note text)')
    await server.query(`insert into item select g, 'note ' || g from generate_series(1, 5000) g`)
    await server.query('create table broken as select * from item')
    const { rows } = await server.query(
      `select pg_relation_filepath('item_pkey') as index, pg_relation_filepath('broken') as heap`,
    )
    const paths = rows[0] as { index: string; heap: string }
    {
      const client = await server.connect()
      const report = await checkStructure(client, soon())
      expect(report).toMatchObject({ faults: [], checked: report.relations, bytesChecked: report.bytes })
      expect(await readTables(client, () => false, soon())).toMatchObject({ tables: 2, faults: [] })
      await client.end()
    }
    await server.halt()
    await overwrite(server, paths.index, 8192 * 2 + 2000)
    await overwrite(server, paths.heap, 8192 * 3 + 4000)
    await server.launch()
    const client = await server.connect()
    const { faults } = await checkStructure(client, soon())
    expect(faults.length).toBe(2)
    expect(faults.find((fault) => fault.startsWith('public.item_pkey: '))).toContain(
      'invalid page in block 2',
    )
    expect(faults.find((fault) => fault.startsWith('public.broken: '))).toContain('invalid page in block 3')
    const read = await readTables(client, ({ name }) => name === 'item', soon())
    expect(read.faults).toHaveLength(1)
    expect(read.faults[0]).toContain('"public"."broken": invalid page in block 3')
    await client.end()
  },
)

test('nothing is looked at after the deadline', async () => {
  await using server = await ThrowawayServer.start({ major: 18 })
  const client = await server.connect()
  await server.query('create table item as select 1 as id')
  const late = performance.now()
  expect(await checkStructure(client, late)).toMatchObject({ checked: 0, faults: [] })
  expect(await readTables(client, () => false, late)).toMatchObject({
    tables: 1,
    tablesRead: 0,
    bytesRead: 0,
  })
  await client.end()
})
