import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codesOf, Databases } from './database.testkit.ts'
import { diff } from './diff.ts'
import { schemas } from './diff/schemas.testkit.ts'
import { down } from './down.ts'
import { embedMigrations } from './source/embed-migrations.ts'
import { up } from './up.ts'
import { withSchema } from './with-schema.ts'

describe.each([15, 18] as const)('PostgreSQL %i', (major) => {
  let databases: Databases
  beforeAll(async () => {
    databases = await Databases.start(major)
    await databases.server.query('create role app')
  })
  afterAll(() => databases[Symbol.asyncDispose]())

  async function having(schema: string): Promise<pg.Pool> {
    const pool = await databases.pool(3)
    await pool.query(schema)
    return pool
  }

  const asMigrations = (steps: Awaited<ReturnType<typeof diff>>['steps']) =>
    embedMigrations(
      Object.fromEntries(
        steps.flatMap((step, index) => [
          [`${index + 1}_a.sql`, step.up],
          [`${index + 1}_a.down.sql`, step.down],
        ]),
      ),
    )

  async function roundTrip(first: string, second: string): Promise<void> {
    const [from, to, untouched] = [await having(first), await having(second), await having(first)]
    const { steps } = await diff(from, to)
    const migrations = asMigrations(steps)
    await up(from, migrations)
    expect((await diff(from, to)).steps).toEqual([])
    await down(from, migrations, { to: 0 })
    expect((await diff(from, untouched)).steps).toEqual([])
    await Promise.all([from.end(), to.end(), untouched.end()])
  }

  const all = schemas('app')
  // each way is gone there and back; all twelve took minutes and showed no more
  const ways =
    major === 15
      ? [
          [0, 2],
          [1, 2],
          [2, 3],
        ]
      : [
          [0, 1],
          [1, 2],
          [2, 1],
          [2, 3],
          [3, 0],
        ]
  test.each(ways)(
    'from schema %i to %i and back: applied and compared again, nothing differs',
    async (from, to) => {
      await roundTrip(all[from] ?? '', all[to] ?? '')
    },
  )

  test('property: tables of random columns, constraints and indexes', { timeout: 120_000 }, async () => {
    const column = fc.record({
      name: fc.constantFrom('a', 'b', 'C d', 'select'),
      type: fc.constantFrom('int', 'text', 'numeric(10, 2)', 'bigint'),
      more: fc.constantFrom('', 'not null', 'default null', 'unique'),
    })
    const table = fc.record({
      name: fc.constantFrom('t', 'U', 'v w'),
      columns: fc.uniqueArray(column, { selector: ({ name }) => name, minLength: 1 }),
      index: fc.boolean(),
    })
    const schema = fc.uniqueArray(table, { selector: ({ name }) => name }).map((tables) =>
      tables
        .map(({ name, columns, index }) => {
          const list = columns.map((each) => `"${each.name}" ${each.type} ${each.more}`).join(', ')
          const on = index ? `create index on "${name}" ("${columns[0]?.name ?? ''}");` : ''
          return `create table "${name}" (${list}); ${on}`
        })
        .join('\n'),
    )
    await fc.assert(fc.asyncProperty(schema, schema, roundTrip), { numRuns: 3, endOnFailure: true })
  })

  test('what it cannot compare it names, and what would be lost', async () => {
    const from = await having('create table gone (n int); create table kept (n int, m int)')
    const to = await having('create table kept (n int); create statistics s on n, (n + 1) from kept;')
    const { findings, destroys, steps } = await diff(from, to)
    expect(steps).toHaveLength(1)
    expect(destroys.join()).toMatch(/DROP TABLE "public"."gone"[^]*|DROP COLUMN/)
    expect(destroys).toHaveLength(2)
    expect(findings.map(({ code }) => code)).toEqual(['MIGRATE_DIFF_LEFT_OUT'])
    expect(findings[0]?.detail).toMatch(/statistic/i)
  })

  test('what the engine passes over without a word is named when it differs', async () => {
    const table = 'create table t (a text, b text);'
    const [from, to] = [await having(table), await having(table)]
    await to.query(
      `select lo_create(0); alter table t alter a set storage external; alter table t alter b set statistics 7;
create conversion c for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8; create access method heap2 type table handler heap_tableam_handler`,
    )
    const { findings, steps } = await diff(from, to)
    expect(steps).toEqual([])
    expect(findings.map(({ detail }) => detail)).toEqual(
      [
        'large objects',
        'SET STORAGE of columns',
        'SET STATISTICS of columns',
        'conversions',
        'access methods',
      ].map((kind) => `${kind} differ, and are not compared`),
    )
    expect((await diff(to, to)).findings.map(({ detail }) => detail).join()).not.toContain('differ')
  })

  test('the history of migrations is no part of a schema, wherever it lies', async () => {
    for (const schema of ['pgherd_migrate', 'public']) {
      const table = { schema, table: 'history' }
      const from = await having('')
      await up(from, embedMigrations({ '1_a.sql': 'create table a (n int)' }), { table })
      expect((await diff(from, await having('create table a (n int)'), { table })).steps).toEqual([])
    }
  })

  test('a schema file is compared on a throwaway database, which is gone afterwards', async () => {
    const pool = await having('create table a (n int)')
    const connect = async (database: string) => {
      const client = new pg.Client(databases.server.config(database))
      await client.connect()
      return client
    }
    const { steps } = await withSchema(
      { admin: pool, connect, schema: 'create table a (n int, m text)' },
      (client) => diff(pool, client),
    )
    expect(steps[0]?.up).toContain('ADD COLUMN "m" text')
    expect(steps[0]?.down).toContain('DROP COLUMN "m"')
    const elsewhere = withSchema(
      { admin: pool, connect: () => connect('postgres'), schema: 'create table b ()' },
      () => Promise.resolve(),
    )
    expect(await codesOf(elsewhere)).toEqual(['MIGRATE_OTHER_DATABASE'])
    const broken = withSchema({ admin: pool, connect, schema: 'select 1;\n\ncreate tabel b ()' }, () =>
      Promise.resolve(),
    )
    await expect(broken).rejects.toThrow(/MIGRATE_SCHEMA_INVALID: the schema file stops at line 3/)
    expect(
      await codesOf(
        withSchema({ admin: pool, connect, schema: 'create table b (); selec' }, () => Promise.resolve()),
      ),
    ).toEqual(['MIGRATE_SCHEMA_INVALID'])
    expect((await pool.query(`select 1 from pg_database where datname like 'pgherd_diff_%'`)).rows).toEqual(
      [],
    )
  })
})
