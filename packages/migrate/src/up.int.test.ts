import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { both, codesOf, Databases, numbered, tablesOf } from './database.testkit.ts'
import { MigrateError } from './diagnostic/diagnostic.ts'
import { embedMigrations } from './source/embed-migrations.ts'
import { history, status } from './status.ts'
import { up } from './up.ts'

describe.each([15, 18] as const)('PostgreSQL %i', (major) => {
  let databases: Databases
  beforeAll(async () => {
    databases = await Databases.start(major)
  })
  afterAll(() => databases[Symbol.asyncDispose]())

  test('applies what is pending in order, once, and keeps who, when, how long and both texts', async () => {
    const pool = await databases.pool()
    const migrations = numbered(both('create table a (n int)', 'drop table a'), 'insert into a values (1)')
    const first = await up(pool, migrations, { who: 'deploy 7' })
    expect(first.applied.map(({ version }) => version)).toEqual(['1', '2'])
    expect((await up(pool, migrations)).applied).toEqual([])
    expect((await pool.query('select count(*)::int as n from a')).rows).toEqual([{ n: 1 }])
    const [entry] = await history(pool)
    expect(entry).toMatchObject({
      version: '1',
      state: 'applied',
      appliedBy: 'postgres',
      appliedFrom: 'deploy 7',
      upText: '-- migrate:up\ncreate table a (n int)',
      downText: '-- migrate:down\ndrop table a',
    })
    expect(entry?.durationMs).toBeGreaterThan(0)
    expect(Math.abs(Date.now() - (entry?.startedAt.getTime() ?? 0))).toBeLessThan(60_000)
  })

  test('each migration has a transaction of its own: a failure keeps those before it, and the next run goes on', async () => {
    const pool = await databases.pool()
    const good = ['create table a ()', 'create table b ()']
    const error = await up(
      pool,
      numbered(...good, 'create table c ();\nselect 1 / 0;', 'create table d ()'),
    ).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(MigrateError)
    expect((error as MigrateError).diagnostics[0]).toMatchObject({
      code: 'MIGRATE_FAILED',
      at: { file: '3_m3.sql', version: '3' },
    })
    expect((error as Error).message).toContain('division by zero (SQLSTATE 22012)')
    expect(await tablesOf(pool)).toEqual(['a', 'b'])
    expect((await history(pool)).map(({ version, state }) => [version, state])).toEqual([
      ['1', 'applied'],
      ['2', 'applied'],
      ['3', 'failed'],
    ])
    const mended = await up(pool, numbered(...good, 'create table c ()', 'create table d ()'))
    expect(mended.applied.map(({ version }) => version)).toEqual(['3', '4'])
  })

  test('a mistake in the syntax is told with file and line, and what stands before it is applied', async () => {
    const pool = await databases.pool()
    const migrations = numbered('create table a ()', "select 'ü';\n\ncreat table b ()", 'create table c ()')
    const error = (await up(pool, migrations).catch((thrown: unknown) => thrown)) as MigrateError
    expect(error.diagnostics[0]?.at).toEqual({ file: '2_m2.sql', version: '2', line: 3 })
    expect(error.message).toContain('at 2_m2.sql:3')
    expect(await tablesOf(pool)).toEqual(['a'])
  })

  test('a name that does not exist is told with its line, behind others in the same message', async () => {
    const pool = await databases.pool()
    const error = (await up(pool, numbered('create table a ()', 'select 1;\nselect\n  nothing from a')).catch(
      (thrown: unknown) => thrown,
    )) as MigrateError
    expect(error.diagnostics[0]?.at.line).toBe(3)
  })

  test('durations are told apart within one message, and a script may drop prepared statements', async () => {
    const pool = await databases.pool()
    const { applied } = await up(
      pool,
      numbered('select 1', 'select pg_sleep(0.3)', 'deallocate all', 'select 2'),
    )
    const [first = 0, slow = 0, ...others] = applied.map(({ durationMs }) => durationMs)
    expect(slow).toBeGreaterThan(290)
    for (const each of [first, ...others]) expect(each).toBeLessThan(slow)
    const error = codesOf(
      up(
        pool,
        numbered(
          'select 1',
          'select pg_sleep(0.3)',
          'deallocate all',
          'select 2',
          'select 3',
          'select 4',
          'select 1 / 0',
        ),
      ),
    )
    expect(await error).toEqual(['MIGRATE_FAILED'])
    expect((await history(pool)).map(({ durationMs }) => durationMs === undefined)).toEqual([
      ...[false, false, false, false, false],
      // the end of the last one before a failure was not seen
      true,
      false,
    ])
  })

  test('to: stops at a version', async () => {
    const pool = await databases.pool()
    const migrations = numbered('create table a ()', 'create table b ()', 'create table c ()')
    expect((await up(pool, migrations, { to: '002' })).applied.map(({ version }) => version)).toEqual([
      '1',
      '2',
    ])
    expect((await status(pool, migrations)).pending.map(({ version }) => version)).toEqual(['3'])
    expect(await codesOf(up(pool, migrations, { to: 'two' }))).toEqual(['MIGRATE_TARGET_UNKNOWN'])
  })

  test('a comment at the end, quotes, dollars, backslashes and emoji neither end nor open anything', async () => {
    const pool = await databases.pool()
    const text = `create table "we'ird \\ 🐘" ("a""b" text);\ninsert into "we'ird \\ 🐘" values ('it''s', E'\\\\', $x$'$x$) -- end`
    await up(
      pool,
      numbered(
        text.replace(`, E'\\\\', $x$'$x$`, ''),
        `select $$;commit;$$, '\\' /* open`.replace(' /* open', ''),
      ),
    )
    expect(await tablesOf(pool)).toEqual(["we'ird \\ 🐘"])
    expect((await history(pool)).map(({ upText }) => upText)).toEqual([
      text.replace(`, E'\\\\', $x$'$x$`, ''),
      `select $$;commit;$$, '\\'`,
    ])
  })

  test('a text that leaves a quote or a comment open fails by itself and does not swallow what follows', async () => {
    const pool = await databases.pool()
    for (const open of ["select 'a", 'select 1 /* a', 'select $$ a', 'select "a'])
      expect(await codesOf(up(pool, numbered('create table a ()', open, 'create table b ()')))).toEqual([
        'MIGRATE_FAILED',
      ])
    expect(await tablesOf(pool)).toEqual(['a'])
  })

  test('a transactional migration that ends its transaction is refused before anything is run', async () => {
    const pool = await databases.pool()
    for (const text of ['create table b (); COMMIT; create table c ()', 'begin; select 1', 'end', 'ROLLBACK'])
      expect(await codesOf(up(pool, numbered('create table a ()', text)))).toEqual([
        'MIGRATE_ENDS_TRANSACTION',
      ])
    expect(await tablesOf(pool)).toEqual([])
    const harmless = `do $$ begin perform 1; end $$; savepoint s; rollback to s; select 'commit'`
    expect((await up(pool, numbered('create table a ()', harmless))).applied).toHaveLength(2)
  })

  test('what a migration sets does not reach the next one, nor the client that was lent', async () => {
    const pool = await databases.pool()
    await pool.query(
      'create schema other; create role somebody; grant all on schema other, public to somebody',
    )
    const client = new pg.Client({ ...databases.server.config(), database: poolDatabase(pool) })
    await client.connect()
    await client.query('set search_path = other')
    const migrations = numbered(
      `set search_path = public; set role somebody; set statement_timeout = 1234; create table a ()`,
      'create table b ()',
    )
    await up(client, migrations)
    const { rows } = await pool.query(
      `select relname, relnamespace::regnamespace::text as schema, relowner::regrole::text as owner from pg_class where relkind = 'r' and relname in ('a', 'b') order by 1`,
    )
    expect(rows).toEqual([
      { relname: 'a', schema: 'public', owner: 'somebody' },
      { relname: 'b', schema: 'other', owner: 'postgres' },
    ])
    const after = await client.query(
      `select current_setting('search_path') as path, current_user as me, current_setting('statement_timeout') as timeout`,
    )
    expect(after.rows).toEqual([{ path: 'other', me: 'postgres', timeout: '0' }])
    await client.end()
  })

  test('a client that was lent has no prepared statement more than before, whether it went well or not', async () => {
    const pool = await databases.pool()
    const client = await pool.connect()
    // so many that their marks are prepared
    const many = Array.from({ length: 30 }, () => 'select 1')
    await up(client, numbered(...many))
    for (const wrong of ['select 1 / 0', 'selec 1'])
      expect(await codesOf(up(client, numbered(...many, ...many, wrong)))).toEqual(['MIGRATE_FAILED'])
    expect((await client.query('select name from pg_prepared_statements')).rows).toEqual([])
    client.release()
  })

  test('a client in a transaction is refused, and its transaction stays', async () => {
    const pool = await databases.pool()
    await up(pool, numbered('select 1'))
    const client = await pool.connect()
    await client.query('begin; create table mine ()')
    const older = { query: (text: string) => client.query(text) }
    for (const each of [client, older])
      expect(await codesOf(up(each, numbered('select 1', 'create table a ()')))).toEqual([
        'MIGRATE_IN_TRANSACTION',
      ])
    await client.query('commit')
    client.release()
    expect(await tablesOf(pool)).toEqual(['mine'])
    expect((await pool.query(`select from pg_locks where locktype = 'advisory'`)).rows).toEqual([])
  })

  test('a module gets the client that holds the transaction', async () => {
    const pool = await databases.pool()
    const module = {
      up: async (client: { query(text: string, values?: unknown[]): Promise<unknown> }) => {
        await client.query('insert into a values ($1)', [7])
      },
    }
    const migrations = embedMigrations({
      '1_a.sql': 'create table a (n int)',
      '2_fill.ts': { text: 'insert 7', module },
      '3_c.sql': 'create table c ()',
    })
    expect((await up(pool, migrations)).applied.map(({ version }) => version)).toEqual(['1', '2', '3'])
    expect((await pool.query('select n from a')).rows).toEqual([{ n: 7 }])
    expect((await history(pool))[1]).toMatchObject({ version: '2', state: 'applied', upText: 'insert 7' })
  })

  test('a module that throws is rolled back; one that commits is found out', async () => {
    const pool = await databases.pool()
    const withModule = (run: (client: { query(text: string): Promise<unknown> }) => Promise<unknown>) =>
      embedMigrations({ '1_a.ts': { text: String(run), module: { up: run } } })
    const thrower = withModule(async (client) => {
      await client.query('create table a ()')
      throw new TypeError('no such file')
    })
    const error = (await up(pool, thrower).catch((thrown: unknown) => thrown)) as MigrateError
    expect(error.message).toMatch(/1 \(a\) failed at 1_a\.ts: no such file/)
    expect(await tablesOf(pool)).toEqual([])
    expect(
      await codesOf(
        up(
          pool,
          withModule((client) => client.query('create table b (); commit')),
        ),
      ),
    ).toEqual(['MIGRATE_ENDS_TRANSACTION'])
  })

  test('nothing to do is one round trip', async () => {
    const pool = await databases.pool()
    const migrations = numbered('create table a ()')
    await up(pool, migrations)
    const client = await pool.connect()
    const sent: string[] = []
    const counting = {
      query: (text: string) => {
        sent.push(text)
        return client.query(text)
      },
    }
    expect((await up(counting, migrations)).applied).toEqual([])
    expect(sent).toHaveLength(1)
    client.release()
  })

  test('200 migrations go in one message, each in its own transaction', async () => {
    const pool = await databases.pool()
    const migrations = numbered(...Array.from({ length: 200 }, (_, index) => `create table t${index} ()`))
    const client = await pool.connect()
    const sent: string[] = []
    await up({ query: (text: string) => (sent.push(text), client.query(text)) }, migrations)
    client.release()
    expect(sent.filter((text) => text.includes('create table t'))).toHaveLength(1)
    const { rows } = await pool.query<{ n: number }>(
      `select count(distinct xmin::text)::int as n from pg_class where relname ~ '^t[0-9]+$'`,
    )
    expect(rows[0]?.n).toBe(200)
  })

  test('what the server copies for each mark does not grow with the message', async () => {
    const pool = await databases.pool()
    const tables = Array.from({ length: 30 }, (_, index) => `create table t${index} ()`)
    await up(
      pool,
      numbered(...tables, 'create table seen as select length(statement) as n from pg_prepared_statements'),
    )
    const { rows } = await pool.query<{ n: number }>('select n from seen')
    expect(rows).toHaveLength(1)
    expect(rows[0]?.n).toBeLessThan(400)
  })

  test('without PL/pgSQL, or the right to use it, marks are planned one by one', async () => {
    const pool = await databases.pool()
    await pool.query('drop extension plpgsql')
    await up(pool, numbered(...Array.from({ length: 30 }, (_, index) => `create table t${index} ()`)))
    expect(await tablesOf(pool)).toHaveLength(30)
  })

  test('more than a message may hold is split', async () => {
    const pool = await databases.pool()
    const large = (name: string) =>
      `create table ${name} (n text); insert into ${name} values ('${'x'.repeat(600_000)}')`
    await up(pool, numbered(large('a'), large('b'), 'create table c ()'))
    expect(await tablesOf(pool)).toEqual(['a', 'b', 'c'])
  })

  test('a read-only session is told what to do', async () => {
    const pool = await databases.pool()
    const client = await pool.connect()
    await client.query('set default_transaction_read_only = on')
    const error = await up(client, numbered('create table a ()')).catch((thrown: unknown) => thrown)
    client.release(true)
    expect(error).toMatchObject({ diagnostics: [{ code: 'MIGRATE_READ_ONLY' }] })
  })
})

function poolDatabase(pool: pg.Pool): string | undefined {
  return (pool as unknown as { options: { database?: string } }).options.database
}
