import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { both, codesOf, Databases, numbered, tablesOf } from './database.testkit.ts'
import { down } from './down.ts'
import { embedMigrations } from './source/embed-migrations.ts'
import { history } from './status.ts'
import { up } from './up.ts'

const three = numbered(
  both('create table a ()', 'drop table a'),
  both('create table b ()', 'drop table b'),
  both('create table c ()', 'drop table c'),
)
const versions = ({ undone }: { undone: readonly { version: string }[] }) =>
  undone.map(({ version }) => version)

describe.each([15, 18] as const)('PostgreSQL %i', (major) => {
  let databases: Databases
  beforeAll(async () => {
    databases = await Databases.start(major)
  })
  afterAll(() => databases[Symbol.asyncDispose]())

  test('undoes the newest, or down to a version, newest first; what is undone can be applied again', async () => {
    const pool = await databases.pool()
    await up(pool, three)
    expect(versions(await down(pool, three, { who: 'me' }))).toEqual(['3'])
    expect(await tablesOf(pool)).toEqual(['a', 'b'])
    expect(versions(await down(pool, three, { to: 0 }))).toEqual(['2', '1'])
    expect(await tablesOf(pool)).toEqual([])
    expect(versions(await down(pool, three))).toEqual([])
    await up(pool, three)
    const entries = await history(pool)
    expect(entries.map(({ version, state }) => `${version} ${state}`)).toEqual([
      '1 undone',
      '2 undone',
      '3 undone',
      '1 applied',
      '2 applied',
      '3 applied',
    ])
    expect(entries[2]).toMatchObject({ undoneBy: 'postgres' })
    expect(entries[2]?.undoneMs).toBeGreaterThan(0)
  })

  test('refuses before anything is run when one of them has no way back', async () => {
    const pool = await databases.pool()
    const migrations = numbered(
      both('create table a ()', 'drop table a'),
      'create table b ()',
      both('create table c ()', 'drop table c'),
    )
    await up(pool, migrations)
    expect(await codesOf(down(pool, migrations, { to: 0 }))).toEqual(['MIGRATE_DOWN_MISSING'])
    expect(await tablesOf(pool)).toEqual(['a', 'b', 'c'])
  })

  test('a down part that fails is rolled back and stays applied; those above it are undone', async () => {
    const pool = await databases.pool()
    const migrations = numbered(
      both('create table a ()', 'drop table a; select 1 / 0'),
      both('create table b ()', 'drop table b'),
    )
    await up(pool, migrations)
    expect(await codesOf(down(pool, migrations, { to: 0 }))).toEqual(['MIGRATE_FAILED'])
    expect(await tablesOf(pool)).toEqual(['a'])
    const entries = await history(pool)
    expect(entries.map(({ state }) => state)).toEqual(['applied', 'undone'])
    expect(entries[0]?.notes[0]).toContain('undoing failed: division by zero')
  })

  test('a module is undone by its down; without one it is told', async () => {
    const pool = await databases.pool()
    const run = (sql: string) => (client: { query(text: string): Promise<unknown> }) => client.query(sql)
    const migrations = embedMigrations({
      '1_a.ts': { text: 'a', module: { up: run('create table a ()') } },
      '2_b.ts': { text: 'b', module: { up: run('create table b ()'), down: run('drop table b') } },
    })
    await up(pool, migrations)
    expect(versions(await down(pool, migrations))).toEqual(['2'])
    expect(await codesOf(down(pool, migrations))).toEqual(['MIGRATE_DOWN_MISSING'])
    expect(await tablesOf(pool)).toEqual(['a'])
  })

  test('four at once undo each migration once', async () => {
    const pool = await databases.pool()
    await up(pool, three)
    const results = await Promise.all([1, 2, 3, 4].map(() => down(pool, three, { to: 0 })))
    expect(results.flatMap(versions).toSorted()).toEqual(['1', '2', '3'])
  })
})
