import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Databases, numbered, tablesOf } from './database.testkit.ts'
import { rehearse } from './rehearse.ts'
import { status } from './status.ts'

describe.each([15, 18] as const)('PostgreSQL %i', (major) => {
  let databases: Databases
  beforeAll(async () => {
    databases = await Databases.start(major)
  })
  afterAll(() => databases[Symbol.asyncDispose]())

  async function clone() {
    const pool = await databases.pool()
    await pool.query(
      `create table orders (id int primary key, note text); insert into orders select n, 'x' from generate_series(1, 20000) n; create table other (n int)`,
    )
    return pool
  }

  test('tells of each migration its time, its locks, what it wrote anew and its WAL', async () => {
    const pool = await clone()
    const migrations = numbered(
      'alter table orders add kind text',
      'alter table orders alter id type bigint',
      'create index on orders (note); create table fresh (n int)',
      '-- pgherd: no-transaction\ncreate index concurrently on orders (id, note)',
    )
    const { migrations: seen, failure } = await rehearse(pool, migrations)
    expect(failure).toEqual([])
    expect(seen.map(({ version }) => version)).toEqual(['1', '2', '3', '4'])
    const [added, retyped, indexed, outside] = seen
    // what was there before is named, what the migration made is nobody's yet; `other` is not touched
    expect(added?.locks).toEqual([
      {
        relation: 'orders',
        modes: ['ACCESS EXCLUSIVE'],
        strongest: 'ACCESS EXCLUSIVE',
        keepsOut: 'reads and writes',
      },
    ])
    expect(added?.rewrites).toEqual([])
    expect(retyped?.locks?.[0]?.modes).toContain('ACCESS EXCLUSIVE')
    expect(retyped?.rewrites.map(({ relation, kind }) => [relation, kind])).toEqual([
      ['orders', 'table'],
      ['orders_pkey', 'index'],
    ])
    expect(retyped?.rewrites.every(({ bytes }) => bytes > 100_000)).toBe(true)
    expect(retyped?.walBytes).toBeGreaterThan(1_000_000)
    expect(added?.walBytes).toBeLessThan(200_000)
    expect(indexed?.locks).toMatchObject([{ relation: 'orders', modes: ['SHARE'], keepsOut: 'writes' }])
    expect(outside?.locks).toBeUndefined()
    for (const { durationMs } of seen) expect(durationMs).toBeGreaterThan(0)
    expect((await status(pool, migrations)).pending).toEqual([])
  })

  test('a migration that fails ends the rehearsal, with its place, and leaves nothing of itself', async () => {
    const pool = await clone()
    const { migrations: seen, failure } = await rehearse(
      pool,
      numbered(
        'create table a ()',
        'create table b ();\nalter table orders add constraint c check (id < 5)',
        'create table c ()',
      ),
    )
    expect(seen.map(({ version }) => version)).toEqual(['1'])
    expect(failure).toMatchObject([{ code: 'MIGRATE_FAILED', at: { version: '2' } }])
    expect(failure[0]?.detail).toContain('check constraint "c" of relation "orders"')
    expect(await tablesOf(pool)).toEqual(['a', 'orders', 'other'])
  })

  test('to: stops at a version', async () => {
    const { migrations: seen } = await rehearse(await clone(), numbered('select 1', 'select 2'), { to: 1 })
    expect(seen).toHaveLength(1)
  })
})
