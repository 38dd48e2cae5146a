import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codesOf, Databases, numbered, tablesOf } from '../database.testkit.ts'
import { down } from '../down.ts'
import { embedMigrations } from '../source/embed-migrations.ts'
import { history } from '../status.ts'
import { up } from '../up.ts'

/* No word of these migrations says that they change the session: functions do it. */

const making = (body: string) =>
  `create table tt (); insert into tt default values; create schema other; create function lift() returns int language plpgsql as $$ begin ${body}; return 0; end $$`
const lift = 'alter table tt add column x int default lift()'
const seen = `create table seen as select current_setting('lock_timeout') as lock_timeout, current_setting('statement_timeout') as statement_timeout, current_user::text as me`

describe.each([15, 18] as const)('PostgreSQL %i', (major) => {
  let databases: Databases
  beforeAll(async () => {
    databases = await Databases.start(major)
    await databases.server.query('create role low')
  })
  afterAll(() => databases[Symbol.asyncDispose]())

  async function seenAfter(body: string) {
    const pool = await databases.pool()
    await up(pool, numbered(making(body), lift, seen))
    return (await pool.query<Record<string, string>>('select * from seen')).rows[0]
  }

  test.each(['false', 'true'])(
    'limits that a default lifts (is_local %s) hold again for the next',
    async (local) => {
      expect(
        await seenAfter(
          `perform set_config('lock_timeout', '0', ${local}), set_config('statement_timeout', '0', ${local})`,
        ),
      ).toEqual({ lock_timeout: '1s', statement_timeout: '15min', me: 'postgres' })
    },
  )

  test('a path that a default sets does not move the table of the next', async () => {
    const pool = await databases.pool()
    await up(
      pool,
      numbered(making(`perform set_config('search_path', 'other', false)`), lift, 'create table b ()'),
    )
    expect(await tablesOf(pool)).toEqual(['b', 'tt'])
  })

  test.each(['role', 'session_authorization'])(
    '%s that a default sets neither stops the run nor reaches the next',
    async (setting) => {
      expect(await seenAfter(`perform set_config('${setting}', 'low', false)`)).toMatchObject({
        me: 'postgres',
      })
    },
  )

  test.each(['role', 'session_authorization'])(
    '%s set by the last migration, before a failure, and on the way back',
    async (setting) => {
      const pool = await databases.pool()
      const texts = [making(`perform set_config('${setting}', 'low', false)`), lift]
      expect((await up(pool, numbered(...texts))).applied).toHaveLength(2)
      expect(
        await codesOf(up(pool, numbered(...texts, 'insert into tt default values', 'select 1 / 0'))),
      ).toEqual(['MIGRATE_FAILED'])
      expect((await history(pool)).map(({ version, state }) => `${version} ${state}`)).toEqual([
        '1 applied',
        '2 applied',
        '3 applied',
        '4 failed',
      ])
      const back = await databases.pool()
      const both = embedMigrations({
        '1_a.sql': texts[0] ?? '',
        '1_a.down.sql': 'drop table tt',
        '2_b.sql': 'create table b ()',
        '2_b.down.sql': lift,
      })
      await up(back, both)
      expect((await down(back, both, { to: 0 })).undone).toHaveLength(2)
      expect(await tablesOf(back)).toEqual(['b'])
    },
  )

  test('an event trigger and a deferred trigger, which fires at the commit, change nothing either', async () => {
    const pool = await databases.pool()
    await up(
      pool,
      numbered(
        `create table e (); create function lift() returns event_trigger language plpgsql as $$ begin perform set_config('lock_timeout', '0', false); end $$;
create event trigger lift on ddl_command_end execute function lift()`,
        'create table f ()',
        seen,
        `drop event trigger lift; drop function lift; create table d (n int);
create function late() returns trigger language plpgsql as $$ begin perform set_config('role', 'low', false), set_config('lock_timeout', '0', false); return null; end $$;
create constraint trigger late after insert on d deferrable initially deferred for each row execute function late()`,
        'insert into d values (1)',
        seen.replace('seen', 'seen_later'),
        'insert into d values (2)',
      ),
    )
    for (const table of ['seen', 'seen_later'])
      expect((await pool.query(`select lock_timeout, me from ${table}`)).rows).toEqual([
        { lock_timeout: '1s', me: 'postgres' },
      ])
  })

  test('a function that drops prepared statements takes none that the run needs', async () => {
    const pool = await databases.pool()
    const many = Array.from({ length: 30 }, (_, index) => `create table t${index} ()`)
    const texts = [making(`execute 'deallocate all'`), ...many, lift, 'create table b ()']
    expect((await up(pool, numbered(...texts))).applied).toHaveLength(33)
    expect((await history(pool)).map(({ state }) => state)).toEqual(
      Array.from({ length: 33 }, () => 'applied'),
    )
    expect((await up(pool, numbered(...texts, 'deallocate all'))).applied).toHaveLength(1)
  })

  test.each(['role', 'session_authorization'])(
    'outside a transaction %s holds for the rest of the script and not for the history',
    async (setting) => {
      const pool = await databases.pool()
      await pool.query('grant create on schema public to low')
      await up(
        pool,
        numbered(
          `-- pgherd: no-transaction\nset ${setting.replace('_', ' ')} low;\ncreate table a ();\nselect 1;`,
          'create table b ()',
        ),
      )
      const { rows } = await pool.query(
        `select relname as name, relowner::regrole::text as owner from pg_class where relname in ('a', 'b') order by 1`,
      )
      expect(rows).toEqual([
        { name: 'a', owner: 'low' },
        { name: 'b', owner: 'postgres' },
      ])
    },
  )

  test('a module that leaves another role behind does not stop what comes after it', async () => {
    const pool = await databases.pool()
    const module = { up: (client: { query(text: string): Promise<unknown> }) => client.query('set role low') }
    const migrations = embedMigrations({
      '1_a.ts': { text: 'a', module },
      '2_b.ts': { text: '// pgherd: no-transaction', module },
    })
    expect((await up(pool, migrations)).applied).toHaveLength(2)
  })
})
