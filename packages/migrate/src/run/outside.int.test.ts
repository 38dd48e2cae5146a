import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codesOf, Databases, numbered, tablesOf } from '../database.testkit.ts'
import { down } from '../down.ts'
import { repair } from '../repair.ts'
import { embedMigrations } from '../source/embed-migrations.ts'
import { history, status } from '../status.ts'
import { up } from '../up.ts'
import { verify } from '../verify.ts'

const outside = (text: string) => `-- pgherd: no-transaction\n${text}`

describe.each([15, 18] as const)('PostgreSQL %i', (major) => {
  let databases: Databases
  beforeAll(async () => {
    databases = await Databases.start(major)
  })
  afterAll(() => databases[Symbol.asyncDispose]())

  test('statements that no transaction takes run one by one, between transactional ones', async () => {
    const pool = await databases.pool()
    const migrations = numbered(
      'create table t (n int); insert into t values (1), (2)',
      outside(
        'create index concurrently i on t (n); -- a comment; with a semicolon\nvacuum t;\nselect $$;$$',
      ),
      'create table u ()',
    )
    expect((await up(pool, migrations)).applied.map(({ version }) => version)).toEqual(['1', '2', '3'])
    expect((await status(pool, migrations)).migrations.map(({ state }) => state)).toEqual([
      'applied',
      'applied',
      'applied',
    ])
  })

  test('without the directive the server refuses it, and the message says what to write', async () => {
    const pool = await databases.pool()
    const error = await up(
      pool,
      numbered('create table t (n int)', 'create index concurrently i on t (n)'),
    ).catch((thrown: unknown) => thrown)
    expect(String(error)).toContain('put "-- pgherd: no-transaction" on the first line')
  })

  test('a failure of the first statement leaves nothing behind, not even the invalid index', async () => {
    const pool = await databases.pool()
    const table = 'create table t (n int); insert into t values (1), (1)'
    const unique = outside('create unique index concurrently i on t (n)')
    expect(await codesOf(up(pool, numbered(table, unique)))).toEqual(['MIGRATE_FAILED'])
    expect((await history(pool)).map(({ state }) => state)).toEqual(['applied', 'failed'])
    expect((await pool.query(`select indisvalid from pg_index where indrelid = 't'::regclass`)).rows).toEqual(
      [{ indisvalid: false }],
    )
    await pool.query('delete from t')
    await up(pool, numbered(table, unique))
    expect((await pool.query(`select indisvalid from pg_index where indrelid = 't'::regclass`)).rows).toEqual(
      [{ indisvalid: true }],
    )
  })

  const half = numbered(outside('create table a ();\ncreate table b ();\ncreate table c ();'))

  /** Stops after the first statement, as a failure of the second. */
  async function stoppedHalfWay() {
    const pool = await databases.pool()
    await pool.query('create table b ()')
    const error = await up(pool, half).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ diagnostics: [{ code: 'MIGRATE_FAILED', at: { line: 3 } }] })
    expect(String(error)).toContain('1 of its 3 statements took effect')
    expect(await tablesOf(pool)).toEqual(['a', 'b'])
    // nobody passes over it
    expect(await codesOf(up(pool, half))).toEqual(['MIGRATE_PARTIAL'])
    expect((await verify(pool, half)).map(({ code }) => code)).toEqual(['MIGRATE_PARTIAL'])
    return pool
  }

  test('half way: resume goes on behind what is done', async () => {
    const pool = await stoppedHalfWay()
    await pool.query('drop table b')
    expect(await repair(pool, half, { kind: 'resume', version: 1 })).toContain('went on behind statement 1')
    expect(await tablesOf(pool)).toEqual(['a', 'b', 'c'])
    expect(await verify(pool, half)).toEqual([])
  })

  test('half way: forget has it run anew', async () => {
    const pool = await stoppedHalfWay()
    await pool.query('drop table a, b')
    await repair(pool, half, { kind: 'forget', version: 1 })
    expect((await up(pool, half)).applied.map(({ version }) => version)).toEqual(['1'])
    expect(await tablesOf(pool)).toEqual(['a', 'b', 'c'])
  })

  test('half way: complete takes it as done', async () => {
    const pool = await stoppedHalfWay()
    await pool.query('create table c ()')
    await repair(pool, half, { kind: 'complete', version: 1 })
    expect((await up(pool, half)).applied).toEqual([])
    expect((await history(pool))[0]?.notes[0]).toContain('completed by hand after 1 statements')
  })

  test('half way and edited: resume refuses, since the count no longer means anything', async () => {
    const pool = await stoppedHalfWay()
    const edited = numbered(outside('create table c ();'))
    expect(await codesOf(repair(pool, edited, { kind: 'resume', version: 1 }))).toEqual([
      'MIGRATE_REPAIR_REFUSED',
    ])
  })

  test('a runner that dies in the middle is found by the next one', async () => {
    const pool = await databases.pool()
    const client = await pool.connect()
    const dying = {
      query: async (text: string) => {
        if (text.startsWith('create table b')) {
          await pool.query(
            `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()`,
          )
        }
        return client.query(text)
      },
      on: client.on.bind(client),
      removeListener: client.removeListener.bind(client),
    }
    client.on('error', () => undefined)
    expect(await codesOf(up(dying as never, half))).toEqual(['MIGRATE_CONNECTION_LOST'])
    client.release(true)
    expect(await codesOf(up(pool, half))).toEqual(['MIGRATE_PARTIAL'])
    await repair(pool, half, { kind: 'resume', version: '1' })
    expect(await tablesOf(pool)).toEqual(['a', 'b', 'c'])
  })

  test('undone outside a transaction too, and half way there as well', async () => {
    const pool = await databases.pool()
    const migrations = embedMigrations({
      '1_a.sql': 'create table a (); create table b ()',
      '1_a.down.sql': outside('drop table a;\ndrop table b;'),
    })
    await up(pool, migrations)
    await pool.query('alter table b rename to c')
    expect(await codesOf(down(pool, migrations))).toEqual(['MIGRATE_FAILED'])
    expect(await codesOf(up(pool, migrations))).toEqual(['MIGRATE_PARTIAL'])
    await pool.query('alter table c rename to b')
    await repair(pool, migrations, { kind: 'resume', version: 1 })
    expect(await tablesOf(pool)).toEqual([])
    expect((await history(pool)).map(({ state }) => state)).toEqual(['undone'])
    await up(pool, migrations)
    expect((await down(pool, migrations)).undone).toHaveLength(1)
  })

  test('what cannot be split is refused before its first statement', async () => {
    const pool = await databases.pool()
    expect(await codesOf(up(pool, numbered(outside('create table a ();\ncreat table b ();'))))).toEqual([
      'MIGRATE_UNPARSABLE',
    ])
    expect(await tablesOf(pool)).toEqual([])
    expect((await history(pool)).map(({ state }) => state)).toEqual([])
  })

  test('a module outside a transaction commits as it goes, and stays unfinished when it throws', async () => {
    const pool = await databases.pool()
    const module = {
      up: async (client: { query(text: string): Promise<unknown> }) => {
        await client.query('create table a ()')
        throw new Error('power cut')
      },
    }
    const migrations = embedMigrations({ '1_a.ts': { text: '// pgherd: no-transaction', module } })
    expect(await codesOf(up(pool, migrations))).toEqual(['MIGRATE_FAILED'])
    expect(await tablesOf(pool)).toEqual(['a'])
    expect(await codesOf(up(pool, migrations))).toEqual(['MIGRATE_PARTIAL'])
  })
})
