import { expect, test } from 'vitest'
import { BitemporalStore } from '../bitemporal-store.ts'
import { onServers } from '../servers.testkit.ts'
import { install } from './install.ts'
import { factShape } from './row-shape.ts'
import { versions } from './versions.ts'

onServers('install', (server) => {
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
       insert into early.schema_version (version) values (1); ${versions[0]?.('early', factShape) ?? ''}`,
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

  test('refuses what a newer release has made, and names that cannot be a schema', async () => {
    await install(server().pool, { schema: 'newer' })
    await server().pool.query('insert into newer.schema_version (version) values (99)')
    await expect(install(server().pool, { schema: 'newer' })).rejects.toMatchObject({ code: 'SCHEMA_NEWER' })
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
