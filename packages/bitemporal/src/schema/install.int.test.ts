import { expect, test } from 'vitest'
import { BitemporalStore } from '../bitemporal-store.ts'
import { storageSql } from '../partition/storage-sql.ts'
import { onEveryServer } from '../servers.testkit.ts'
import { TypedTable } from '../table/typed-table.ts'
import { install } from './install.ts'
import { factShape } from './row-shape.ts'
import { versions } from './versions.ts'

onEveryServer('install', (server) => {
  test('may run again, and in several programs at once', async () => {
    const pools = Array.from({ length: 4 }, () => server().newPool({ max: 1 }))
    const results = await Promise.all(pools.map((pool) => install(pool, { schema: 'together' })))
    expect(results).toEqual(results.map(() => versions.length))
    await Promise.all(pools.map((pool) => pool.end()))
    const store = new BitemporalStore({ pool: server().pool, schema: 'together' })
    await store.assert('ann', 'salary', 1, { from: '2026-01-01' })
    expect(await install(server().pool, { schema: 'together' })).toBe(versions.length)
    expect(await store.assert('ann', 'salary', 2, { from: '2026-01-01' })).toMatchObject({ version: 2 })
  })

  test('brings what the first release has made up to date, with all that is in it', async () => {
    const { pool } = server()
    await pool.query(
      `create schema early; create table early.schema_version (
         version int primary key, installed_at timestamptz not null default clock_timestamp());
       insert into early.schema_version (version) values (1); ${versions[0]?.('early', factShape, storageSql.partitions) ?? ''}`,
    )
    const store = new BitemporalStore({ pool, schema: 'early' })
    await store.assert('ann', 'salary', 1, { from: '2026-01-01' })
    await store.assert('ann', 'salary', 2, { from: '2026-01-01' })
    expect(await install(pool, { schema: 'early' })).toBe(versions.length)
    expect((await store.history('ann', 'salary')).map(({ value }) => value)).toEqual([1, 2])
    await expect(store.references.add({ from: 'salary', by: 'subject', to: 'person' })).rejects.toMatchObject(
      {
        code: 'UNCOVERED',
      },
    )
  })

  test('keeps the history as it is asked to, by itself as a hypertable where TimescaleDB is, and never converts one', async () => {
    const { pool, hasTimescale } = server()
    const kindOf = async (schema: string): Promise<string> => {
      const { rows } = await pool.query<{ relkind: string }>(
        'select relkind from pg_class where oid = to_regclass($1)',
        [`${schema}.fact_history`],
      )
      return { p: 'partitions', r: 'hypertable' }[rows[0]?.relkind ?? ''] ?? 'none'
    }
    const invalid = { code: 'INVALID_OPTION' }
    await install(pool, { schema: 'by_itself' })
    const usual = hasTimescale ? 'hypertable' : 'partitions'
    const other = hasTimescale ? 'partitions' : 'hypertable'
    expect(await kindOf('by_itself')).toBe(usual)
    await install(pool, { schema: 'by_itself', storage: usual })
    await expect(install(pool, { schema: 'by_itself', storage: other })).rejects.toMatchObject(invalid)
    await install(pool, { schema: 'native', storage: 'partitions' })
    await install(pool, { schema: 'native' })
    expect(await kindOf('native')).toBe('partitions')
    const insisted = install(pool, { schema: 'insisted', storage: 'hypertable' })
    if (hasTimescale) await insisted
    else
      await expect(insisted).rejects.toMatchObject({
        ...invalid,
        mend: expect.stringMatching(/create extension timescaledb/) as string,
      })
    expect(await kindOf('insisted')).toBe(hasTimescale ? 'hypertable' : 'none')
    const unknown = 'heap' as 'partitions'
    await expect(install(pool, { schema: 'unknown', storage: unknown })).rejects.toMatchObject(invalid)
    const typed = new TypedTable({ pool, name: 'typed', columns: { pay: 'numeric' } })
    await typed.create({ storage: 'partitions' })
    await typed.create()
    await expect(typed.create({ storage: 'hypertable' })).rejects.toMatchObject(invalid)
    const store = new BitemporalStore({ pool, schema: 'native' })
    await expect(store.partitions.compactAfter(3)).rejects.toMatchObject(invalid)
  })

  test('refuses what a newer release has made, and names that cannot be a schema', async () => {
    await install(server().pool, { schema: 'newer' })
    await server().pool.query('insert into newer.schema_version (version) values (99)')
    await expect(install(server().pool, { schema: 'newer' })).rejects.toMatchObject({
      code: 'SCHEMA_NEWER',
    })
    for (const schema of ['', 'A', 'a b', 'pg_x', '1a', 'x'.repeat(64), 'a";drop'])
      await expect(install(server().pool, { schema })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  test('what is not installed is named as such', async () => {
    const store = new BitemporalStore({ pool: server().pool, schema: 'nowhere' })
    await expect(store.assert('s', 'p', 1, { from: '2026-01-01' })).rejects.toMatchObject({
      code: 'NOT_INSTALLED',
    })
  })
})
