import { SmallDisk } from '@pgherd/testbed/small-disk.ts'
import { startStandby } from '@pgherd/testbed/throwaway-standby.ts'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { both, Databases, numbered, tablesOf } from './database.testkit.ts'
import type { MigrateError } from './diagnostic/diagnostic.ts'
import { down } from './down.ts'
import { history, status } from './status.ts'
import { up } from './up.ts'

let databases: Databases
beforeAll(async () => {
  databases = await Databases.start(18)
})
afterAll(() => databases[Symbol.asyncDispose]())

test('a full disk: the migration is told and not there, those before it stay; with space again it goes on', async () => {
  const pool = await databases.pool()
  const admin = { query: (text: string) => databases.server.query(text) }
  await using disk = await SmallDisk.for(admin, () => pool.query('drop table big'))
  const migrations = numbered(
    'create table a ()',
    // does not compress; twice what the disk holds
    `create table big (t text) tablespace ${disk.tablespace}; alter table big alter t set storage external;
insert into big select repeat(n::text, 200) from generate_series(100000, 125000) n`,
    'create table c ()',
  )
  const error = (await up(pool, migrations).catch((thrown: unknown) => thrown)) as MigrateError
  expect(error.diagnostics).toMatchObject([
    { code: 'MIGRATE_FAILED', at: { version: '2', file: '2_m2.sql' } },
  ])
  expect(error.message).toContain('No space left on device')
  expect(await tablesOf(pool)).toEqual(['a'])
  expect((await history(pool)).map(({ version, state }) => `${version} ${state}`)).toEqual([
    '1 applied',
    '2 failed',
  ])
  await disk.grow()
  expect((await up(pool, migrations)).applied.map(({ version }) => version)).toEqual(['2', '3'])
})

test('a pool that gives no connection in time says so, and nothing was done', async () => {
  const pool = await databases.pool()
  const { rows } = await pool.query<{ name: string }>('select current_database() as name')
  const busy = new pg.Pool({
    ...databases.server.config(rows[0]?.name),
    max: 1,
    connectionTimeoutMillis: 200,
  })
  busy.on('error', () => undefined)
  const taken = await busy.connect()
  const migrations = numbered('create table a ()')
  await expect(up(busy, migrations)).rejects.toMatchObject({
    diagnostics: [{ code: 'MIGRATE_NO_CONNECTION' }],
  })
  taken.release()
  expect((await up(busy, migrations)).applied).toHaveLength(1)
  await busy.end()
})

// last, since the server is stopped for the copy of it
test('a hot standby shows the status, and takes neither migrations nor their undoing', async () => {
  const migrations = numbered(both('create table a ()', 'drop table a'), 'create table b ()')
  const pool = databases.poolOn('postgres')
  await up(pool, migrations, { to: 1 })
  await pool.end()
  const standby = await startStandby(databases.server)
  for (const run of [up, down]) {
    const error = (await run(standby.pool, migrations).catch((thrown: unknown) => thrown)) as MigrateError
    expect(error.diagnostics).toMatchObject([
      { code: 'MIGRATE_READ_ONLY', detail: 'the server is a standby and takes no writes' },
    ])
    expect(error.message).toContain('target_session_attrs=read-write')
  }
  expect((await status(standby.pool, migrations)).pending.map(({ version }) => version)).toEqual(['2'])
  // nothing to do is no reason to refuse: a program may start beside it
  expect((await up(standby.pool, migrations, { to: 1 })).applied).toEqual([])
  await standby.stop()
})
