import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ThrowawayServer } from '../../../../testbed/src/throwaway-server.ts'
import { compareContents } from './compare-contents.ts'
import { LiveServer } from './live-server.ts'
import { recordContents, type RecordedContents } from './record-contents.ts'

async function record(server: ThrowawayServer, budgetSeconds = 20): Promise<RecordedContents> {
  await using live = await LiveServer.reach((database) => server.config(database))
  if (!live) throw new Error('the server does not answer')
  await live.heartbeat.prepare()
  const connect = (database: string) => live.connect(database)
  return await recordContents({
    connect,
    heartbeat: live.heartbeat,
    budgetSeconds,
    signal: AbortSignal.timeout(60_000),
  })
}

test('hostile names, odd types and large objects are recorded, and compare equal in a session with other settings', async () => {
  await using server = await ThrowawayServer.start({ major: 18 })
  await server.query(`create database "x'; drop table item; --"`)
  await server.query(`alter database postgres set datestyle = 'German'`)
  await server.query(`create schema "Ünïcode ""quoted"""`)
  await server.query(`create table "Ünïcode ""quoted"""."pgherd_row; --" ("pgherd_row" int, "t.*" text)`)
  await server.query(`insert into "Ünïcode ""quoted"""."pgherd_row; --" values (1, 'a'), (null, null)`)
  await server.query(`alter database postgres set search_path = evil, pg_catalog`)
  await server.query('create schema evil')
  await server.query(
    `create function evil.clock_timestamp() returns timestamptz language sql as $$ select '2000-01-01'::timestamptz $$`,
  )
  await server.query('create table nothing ()')
  await server.query(
    `create table odd as select now() as at, 1.1::float8 as f, '1 day'::interval as i, '\\x00ff'::bytea as b, array[1, null] as a, 12.50::money as m`,
  )
  await server.query('create table parted (id int) partition by range (id)')
  await server.query('create table parted_one partition of parted for values from (0) to (10)')
  await server.query('insert into parted values (1)')
  await server.query('create materialized view seen as select * from parted')
  await server.query(`select lo_from_bytea(0, 'large object')`)
  await server.query('create unlogged table scrap (id int)')
  const recorded = await record(server)
  expect(recorded.unrecorded).toEqual([])
  const database = recorded.databases.find((each) => each.database === 'postgres')
  if (!database) throw new Error('the database was not recorded')
  const rows = Object.fromEntries(database.tables.map((table) => [table.name, table.digest.rows]))
  expect(rows).toEqual({
    'pgherd_row; --': '2',
    nothing: '0',
    odd: '1',
    parted_one: '1',
    pg_largeobject: '1',
    heartbeat: '1',
  })
  expect(database.leftOut.map(({ table }) => table)).toEqual(['"evil"."scrap"', '"evil"."seen"'])
  await server.query(`alter database postgres set timezone = 'Asia/Tokyo'`)
  const client = await server.connect()
  const others = { ...database, tables: database.tables.filter((table) => table.name !== 'heartbeat') }
  const comparison = await compareContents(client, others)
  expect(comparison).toMatchObject({ tables: 5, differences: [], emptyHanded: false })
  // the materialized view is left out, and part of the whole
  expect(comparison.ofBytes - comparison.bytes).toBe(8192)
  await server.query(`update odd set f = f + 1e-15`)
  expect((await compareContents(client, others)).differences).toEqual([
    'postgres: table "evil"."odd" has 1 rows as it should, with other contents',
  ])
  await client.end()
})

test('a table that is locked is named and left out, and nobody waits for us', async () => {
  await using server = await ThrowawayServer.start({ major: 15 })
  await server.query('create table free as select 1 as id')
  await server.query(
    `create table taken as select g as id, repeat('x', 200) as note from generate_series(1, 100) g`,
  )
  // its size is known without a lock
  await server.query('analyze taken')
  const owner = await server.connect()
  await owner.query('begin')
  await owner.query('lock table taken in access exclusive mode')
  const { databases } = await record(server)
  await owner.end()
  expect(databases[0]?.tables.map((table) => table.name)).toContain('free')
  expect(databases[0]?.leftOut).toEqual([
    {
      table: '"public"."taken"',
      reason: 'locked by another session, or just dropped',
      bytes: 8192 * 3,
      needed: true,
    },
  ])
  const client = await server.connect()
  if (!databases[0]) throw new Error('the database was not recorded')
  const { tables } = databases[0]
  const others = { ...databases[0], tables: tables.filter((table) => table.name !== 'heartbeat') }
  expect(await compareContents(client, others)).toMatchObject({
    bytes: 8192,
    ofBytes: 8192 * 4,
    emptyHanded: false,
  })
  const nothing = { ...others, tables: tables.filter((table) => table.name === 'heartbeat') }
  expect(await compareContents(client, nothing)).toMatchObject({ ofBytes: 8192 * 3, emptyHanded: true })
  await client.end()
})

test('whoever wants to change a table that is being read gets it at once', async () => {
  await using server = await ThrowawayServer.start({ major: 18 })
  await server.query(
    `create table item as select g as id, repeat('x', 300) as note from generate_series(1, 600000) g`,
  )
  const recording = record(server, 60)
  await expect
    .poll(
      async () =>
        (
          await server.query(
            `select from pg_stat_activity where query like '%hashtextextended%' and pid <> pg_backend_pid()`,
          )
        ).rows.length,
      { interval: 20, timeout: 20_000 },
    )
    .toBeGreaterThan(0)
  await sleep(50)
  const began = performance.now()
  await server.query('truncate item')
  expect(performance.now() - began).toBeLessThan(2000)
  const { databases } = await recording
  expect(databases[0]?.leftOut.map(({ table }) => table)).toContain('"public"."item"')
})

test('a table too large for the budget is compared by a sample of the same blocks', async () => {
  await using server = await ThrowawayServer.start({ major: 18 })
  await server.query(
    `create table item as select g as id, repeat('x', 300) as note from generate_series(1, 200000) g`,
  )
  const { databases } = await record(server, 1.2)
  const table = databases[0]?.tables.find((each) => each.name === 'item')
  if (!databases[0] || !table) throw new Error(`not recorded: ${JSON.stringify(databases[0]?.leftOut)}`)
  expect(table.percent).toBeGreaterThan(0)
  expect(table.percent).toBeLessThan(100)
  expect(Number(table.digest.rows)).toBeLessThan(200_000)
  const client = await server.connect()
  const only = { ...databases[0], tables: [table] }
  expect(await compareContents(client, only)).toMatchObject({
    differences: [],
    bytes: (table.bytes * table.percent) / 100,
    ofBytes: table.bytes,
  })
  await client.end()
})
