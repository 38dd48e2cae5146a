import { expect, test } from 'vitest'
import { EventStore } from '../event-store.ts'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers } from '../servers.testkit.ts'
import { install } from './install.ts'
import { versions } from './versions.ts'

onServers('install', (server) => {
  test('may run again, and in several programs at once', async () => {
    const pools = Array.from({ length: 4 }, () => server().newPool({ max: 1 }))
    const results = await Promise.all(pools.map((pool) => install(pool, { schema: 'together' })))
    expect(results).toEqual(results.map(() => versions.length))
    await Promise.all(pools.map((pool) => pool.end()))
    const store = new EventStore({ pool: server().pool, schema: 'together' })
    await store.append('s', [{ type: 'Noted' }])
    expect(await install(server().pool, { schema: 'together' })).toBe(versions.length)
    expect(await all(store.read('s'))).toHaveLength(1)
  })

  test('stores in two schemas of one database know nothing of each other', async () => {
    const { store: one } = await server().newStore()
    const { store: two } = await server().newStore()
    await one.append('s', [{ type: 'One' }], { expected: 'none' })
    await one.transaction(async (client) => {
      await one.append('s', [{ type: 'One' }], { client })
      await two.append('s', [{ type: 'Two' }], { expected: 'none' })
      expect((await all(two.readAll())).map(({ type }) => type)).toEqual(['Two'])
    })
  })

  test('refuses what a newer release has made, and names that cannot be a schema', async () => {
    const { schema } = await server().newStore()
    await server().pool.query(`insert into ${schema}.schema_version (version) values (99)`)
    await expect(install(server().pool, { schema })).rejects.toMatchObject({ code: 'SCHEMA_NEWER' })
    for (const name of ['', 'Upper', 'a b', 'pg_x', `a"; drop schema public; --`, 'x'.repeat(64)]) {
      await expect(install(server().pool, { schema: name })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
      expect(() => new EventStore({ pool: server().pool, schema: name })).toThrow(/schema/)
    }
  })

  test('a store whose schema is not installed says what to do', async () => {
    const store = new EventStore({ pool: server().pool, schema: 'absent' })
    for (const asked of [
      () => store.append('s', [{ type: 'Noted' }]),
      () => all(store.read('s')),
      () => all(store.readAll()),
    ])
      await expect(asked()).rejects.toMatchObject({
        code: 'NOT_INSTALLED',
        mend: expect.stringContaining('install(pool)'),
      })
  })
})
