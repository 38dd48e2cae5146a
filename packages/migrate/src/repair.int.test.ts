import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { baseline } from './baseline.ts'
import { both, codesOf, Databases, numbered, tablesOf } from './database.testkit.ts'
import { down } from './down.ts'
import { dryRun } from './dry-run.ts'
import { lockKey, defaultTable } from './history/table.ts'
import { repair } from './repair.ts'
import { history, status } from './status.ts'
import { up } from './up.ts'
import { verify } from './verify.ts'

const two = numbered('create table a ()', 'create table b ()')
const found = async (...args: Parameters<typeof verify>) => (await verify(...args)).map(({ code }) => code)

describe.each([15, 18] as const)('PostgreSQL %i', (major) => {
  let databases: Databases
  beforeAll(async () => {
    databases = await Databases.start(major)
  })
  afterAll(() => databases[Symbol.asyncDispose]())

  test('a tampered applied migration is refused by up, down and dryRun, and nothing is run', async () => {
    const pool = await databases.pool()
    await up(pool, two)
    const tampered = numbered(
      'create table a ( )',
      'create table b ()',
      both('create table c ()', 'drop table c'),
    )
    expect(await codesOf(up(pool, tampered))).toEqual(['MIGRATE_CHECKSUM_CHANGED'])
    expect(await codesOf(down(pool, tampered))).toEqual(['MIGRATE_CHECKSUM_CHANGED'])
    expect(await codesOf(dryRun(pool, tampered))).toEqual(['MIGRATE_CHECKSUM_CHANGED'])
    expect(await tablesOf(pool)).toEqual(['a', 'b'])
    expect(await found(pool, tampered)).toEqual(['MIGRATE_CHECKSUM_CHANGED'])
    await repair(pool, tampered, { kind: 'accept-checksum', version: '1' })
    expect(await found(pool, tampered)).toEqual([])
    expect((await up(pool, tampered)).applied.map(({ version }) => version)).toEqual(['3'])
    expect((await history(pool))[0]?.notes[0]).toMatch(/accepted an edit: SHA-256 was [0-9a-f]{64}/)
  })

  test('an edit that only an editor made is none', async () => {
    const pool = await databases.pool()
    await up(pool, two)
    expect(
      (await up(pool, numbered('\ufeffcreate table a ()\r\n', 'create table b ()\n\n'))).applied,
    ).toEqual([])
  })

  test('file missing: refused, then taken out of force; it stays in the history', async () => {
    const pool = await databases.pool()
    await up(pool, two)
    const less = two.slice(1)
    expect(await codesOf(up(pool, less))).toEqual(['MIGRATE_FILE_MISSING'])
    expect(await codesOf(repair(pool, two, { kind: 'forget-missing', version: 1 }))).toEqual([
      'MIGRATE_REPAIR_REFUSED',
    ])
    await repair(pool, less, { kind: 'forget-missing', version: 1 })
    expect(await found(pool, less)).toEqual([])
    expect((await history(pool)).map(({ state, upText }) => [state, upText])[0]).toEqual([
      'undone',
      'create table a ()',
    ])
  })

  test('a database ahead of the files is refused, or allowed for the time of a deployment', async () => {
    const pool = await databases.pool()
    await up(pool, two)
    const older = two.slice(0, 1)
    expect(await codesOf(up(pool, older))).toEqual(['MIGRATE_DATABASE_AHEAD'])
    expect((await up(pool, older, { ahead: 'allow' })).applied).toEqual([])
  })

  test('out of order: refused, or run where it is', async () => {
    const pool = await databases.pool()
    const three = numbered('create table a ()', 'create table b ()', 'create table c ()')
    await up(
      pool,
      three.filter(({ version }) => version !== '2'),
    )
    expect(await codesOf(up(pool, three))).toEqual(['MIGRATE_OUT_OF_ORDER'])
    expect((await up(pool, three, { outOfOrder: 'run' })).applied.map(({ version }) => version)).toEqual([
      '2',
    ])
  })

  test('applied but untracked: found by what it makes, adopted without being run', async () => {
    const pool = await databases.pool()
    const migrations = numbered(
      'create table a (n int)',
      'alter table a add column "M x" int; create index a_n on a (n); create function f() returns int language sql return 1; create type mood as enum (\'ok\')',
      'create table c ()',
    )
    await up(pool, migrations, { to: 1 })
    for (const { up: script } of migrations.slice(1, 2)) await pool.query(script.text)
    expect(await verify(pool, migrations)).toMatchObject([
      { code: 'MIGRATE_UNTRACKED', severity: 'warning', at: { version: '2' } },
    ])
    await repair(pool, migrations, { kind: 'adopt', version: 2 }, { who: 'dba' })
    expect((await up(pool, migrations)).applied.map(({ version }) => version)).toEqual(['3'])
    expect((await history(pool))[1]?.notes[0]).toContain('dba: adopted')
    expect(await codesOf(repair(pool, migrations, { kind: 'adopt', version: 2 }))).toEqual([
      'MIGRATE_REPAIR_REFUSED',
    ])
  })

  test('lost history: found as untracked, adopted from nothing', async () => {
    const pool = await databases.pool()
    await up(pool, two)
    await pool.query('drop schema pgherd_migrate cascade')
    expect(await found(pool, two)).toEqual(['MIGRATE_UNTRACKED', 'MIGRATE_UNTRACKED'])
    for (const version of [1, 2]) await repair(pool, two, { kind: 'adopt', version })
    expect((await up(pool, two)).applied).toEqual([])
  })

  test.each([
    ['a column is gone', 'alter table pgherd_migrate.history drop column checksum'],
    [
      'most columns are gone',
      'alter table pgherd_migrate.history drop column checksum, drop column up_text, drop column state cascade, drop column started_at',
    ],
    ['the index is gone', 'drop index pgherd_migrate.history_in_force'],
    [
      'the index is gone and a version is in force twice',
      `drop index pgherd_migrate.history_in_force; insert into pgherd_migrate.history (version, name, checksum) select version, name, checksum from pgherd_migrate.history where version = 1`,
    ],
    ['a column has another type', 'alter table pgherd_migrate.history alter column name type varchar(99)'],
  ])('table damaged: %s; it is made anew and says the same', async (_, damage) => {
    const pool = await databases.pool()
    await up(pool, two)
    await pool.query(damage)
    expect(await found(pool, two)).toEqual(['MIGRATE_TABLE_DAMAGED'])
    expect(await repair(pool, two, { kind: 'rebuild-table' })).toContain('is kept as')
    expect(await found(pool, two)).toEqual([])
    expect((await status(pool, two)).migrations.map(({ version, state }) => `${version} ${state}`)).toEqual([
      '1 applied',
      '2 applied',
    ])
    const more = numbered('create table a ()', 'create table b ()', 'create table c ()')
    expect((await up(pool, more)).applied.map(({ version }) => version)).toEqual(['3'])
    const kept = await pool.query(
      `select from pg_class where relname like 'history_damaged_%' and relkind = 'r'`,
    )
    expect(kept.rowCount).toBe(1)
    expect(await codesOf(repair(pool, two, { kind: 'rebuild-table' }))).toEqual(['MIGRATE_REPAIR_REFUSED'])
  })

  test('a damaged table stops up before anything is run', async () => {
    const pool = await databases.pool()
    await up(pool, two)
    await pool.query('alter table pgherd_migrate.history drop column checksum')
    expect(await codesOf(up(pool, two))).toEqual(['MIGRATE_TABLE_DAMAGED'])
  })

  test('lock stuck: found, and broken only when its holder is idle', async () => {
    const pool = await databases.pool()
    await up(pool, two)
    const dead = await pool.connect()
    dead.on('error', () => undefined)
    await dead.query(`select pg_advisory_lock(${lockKey(defaultTable)})`)
    expect(await found(pool, two)).toEqual([])
    await sleep(300)
    expect(await found(pool, two, { idleSeconds: 0.2 })).toEqual(['MIGRATE_LOCK_STUCK'])
    expect(await codesOf(repair(pool, two, { kind: 'break-lock' }))).toEqual(['MIGRATE_REPAIR_REFUSED'])
    expect(await repair(pool, two, { kind: 'break-lock', idleSeconds: 0.2 })).toContain('the lock is free')
    dead.release(true)
    expect(
      (await up(pool, numbered('create table a ()', 'create table b ()', 'select 1'))).applied,
    ).toHaveLength(1)

    const busy = up(
      pool,
      numbered('create table a ()', 'create table b ()', 'select 1', 'select pg_sleep(1)'),
    )
    await sleep(300)
    expect(await codesOf(repair(pool, two, { kind: 'break-lock', idleSeconds: 0 }))).toEqual([
      'MIGRATE_REPAIR_REFUSED',
    ])
    expect((await busy).applied).toHaveLength(1)
  })

  test('baseline: a database that has a schema already begins its history in the middle', async () => {
    const pool = await databases.pool()
    await pool.query('create table a ()')
    expect((await baseline(pool, two, { at: 1 })).marked).toEqual(['1'])
    expect((await up(pool, two)).applied.map(({ version }) => version)).toEqual(['2'])
    expect(await codesOf(baseline(pool, two, { at: 1 }))).toEqual(['MIGRATE_BASELINE_REFUSED'])
    expect(await codesOf(down(pool, two, { to: 0 }))).toEqual([
      'MIGRATE_DOWN_MISSING',
      'MIGRATE_DOWN_MISSING',
    ])
    const other = await databases.pool()
    expect(await codesOf(baseline(other, two, { at: 7 }))).toEqual(['MIGRATE_BASELINE_REFUSED'])
  })

  test('dryRun gives the SQL, changes nothing, and running it by hand makes the same schema', async () => {
    const pool = await databases.pool()
    const migrations = numbered(
      'create table a (n int)',
      '-- pgherd: no-transaction\ncreate index concurrently i on a (n)',
    )
    const sql = await dryRun(pool, migrations)
    expect(sql).toBe(`-- 1 (m1): 1_m1.sql
begin;
set local lock_timeout = 1000;
set local statement_timeout = 900000;
create table a (n int)
;
commit;

-- 2 (m2): 2_m2.sql, each statement by itself
-- pgherd: no-transaction
create index concurrently i on a (n)
;
`)
    expect(await tablesOf(pool)).toEqual([])
    expect((await pool.query(`select to_regnamespace('pgherd_migrate') as schema`)).rows).toEqual([
      { schema: null },
    ])
    await up(pool, migrations)
    expect(await dryRun(pool, migrations)).toBe('')
    expect(await codesOf(dryRun(pool, migrations, { direction: 'down' }))).toEqual(['MIGRATE_DOWN_MISSING'])
  })

  test('two histories with strange names in one database do not see each other', async () => {
    const pool = await databases.pool()
    const table = { schema: `o'th"er`, table: 'mi grations '.repeat(6).trim().slice(0, 62) }
    await up(pool, two.slice(0, 1))
    await up(pool, numbered('create table x ()'), { table })
    expect(await found(pool, numbered('create table x ()'), { table })).toEqual([])
    expect(await tablesOf(pool)).toEqual(['a', 'x'])
  })
})
