import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers } from '../servers.testkit.ts'

type Noted = { type: 'Noted'; data: number } | { type: 'Other'; data: number }

const events = (count: number): Noted[] =>
  Array.from({ length: count }, (_, index) => ({ type: 'Noted', data: index + 1 }))

onServers('streams', (server) => {
  test('are read forwards and backwards, from a version, up to a limit, over several pages', async () => {
    const { store } = await server().newStore<Noted>()
    await store.append('s', events(2500))
    const versions = async (options: Parameters<typeof store.read>[1]): Promise<number[]> =>
      (await all(store.read('s', options))).map(({ version }) => version)
    const count = Array.from({ length: 2500 }, (_, index) => index + 1)
    expect(await versions({})).toEqual(count)
    expect(await versions({ backwards: true })).toEqual(count.toReversed())
    expect(await versions({ from: 1999, limit: 3 })).toEqual([1999, 2000, 2001])
    expect(await versions({ from: 3, backwards: true })).toEqual([3, 2, 1])
    expect(await versions({ backwards: true, limit: 2 })).toEqual([2500, 2499])
    expect(await versions({ limit: 1001 })).toHaveLength(1001)
    expect(await versions({ from: 2501 })).toEqual([])
    expect(await versions({ limit: 0 })).toEqual([])
    expect(await all(store.read('missing'))).toEqual([])
    for (const wrong of [{ from: -1 }, { from: 1.5 }, { limit: NaN }, { from: 2 ** 53 }])
      await expect(versions(wrong)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  test('whoever stops reading early leaves no connection in use', async () => {
    const { store } = await server().newStore<Noted>()
    await store.append('s', events(2100))
    for await (const event of store.read('s')) if (event.version === 1) break
    await expect.poll(() => server().pool.idleCount).toBe(server().pool.totalCount)
  })

  test('readAll gives every stream in order, after a position, of some types', async () => {
    const { store } = await server().newStore<Noted>()
    await store.append('a', events(1200))
    await store.append('b', [{ type: 'Other', data: 1 }])
    await store.append('a', events(10))
    const everything = await all(store.readAll())
    expect(everything.map(({ position }) => position)).toEqual(
      Array.from({ length: 1211 }, (_, index) => index + 1),
    )
    expect(await all(store.readAll({ after: 1205 }))).toEqual(everything.slice(1205))
    expect(await all(store.readAll({ after: 3, limit: 2 }))).toEqual(everything.slice(3, 5))
    const others = await all(store.readAll({ types: ['Other'] }))
    expect(others.map(({ stream, type }) => `${stream} ${type}`)).toEqual(['b Other'])
    await expect(all(store.readAll({ after: -1 }))).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  test('events of an older schema version are read in the present one, everywhere', async () => {
    const { store, schema } = await server().newStore<Noted>()
    await store.append('s', events(1))
    const newer = server().open<Noted>({
      schema,
      schemas: { Noted: { version: 2, upcast: { 1: (data) => (data as number) * 100 } } },
    })
    await newer.append('s', events(1))
    const found = [
      [100, 2],
      [1, 2],
    ]
    expect((await all(newer.read('s'))).map(({ data, schemaVersion }) => [data, schemaVersion])).toEqual(
      found,
    )
    expect((await all(newer.readAll())).map(({ data, schemaVersion }) => [data, schemaVersion])).toEqual(
      found,
    )
    const sum = { initial: () => 0, evolve: (state: number, event: { data: number }) => state + event.data }
    expect(await newer.aggregate('s', sum)).toMatchObject({ state: 101 })
    await expect(all(store.read('s'))).rejects.toMatchObject({ code: 'SCHEMA_UNKNOWN' })
  })

  test('have metadata of their own, before there are events too', async () => {
    const { store } = await server().newStore<Noted>()
    expect(await store.stream('s')).toBeUndefined()
    await store.setStreamMetadata('s', { owner: 'ann' })
    expect(await store.stream('s')).toMatchObject({ version: 0, metadata: { owner: 'ann' }, archived: false })
    await store.append('s', events(1), { expected: 'none' })
    await store.setStreamMetadata('s', { owner: 'bob' })
    expect(await store.stream('s')).toMatchObject({
      version: 1,
      metadata: { owner: 'bob' },
      truncatedBefore: 1,
    })
  })

  test('archived ones are read but take nothing, until they are taken back', async () => {
    const { store } = await server().newStore<Noted>()
    await expect(store.archive('s')).rejects.toMatchObject({ code: 'STREAM_MISSING' })
    await store.append('s', events(2))
    await store.archive('s')
    for (const expected of ['any', 'exists', 'none', 2] as const)
      await expect(store.append('s', events(1), { expected })).rejects.toMatchObject({
        code: 'STREAM_ARCHIVED',
      })
    expect(await all(store.read('s'))).toHaveLength(2)
    await store.unarchive('s')
    expect(await store.append('s', events(1), { expected: 2 })).toMatchObject({ version: 3 })
  })

  test('truncated ones have lost their first events and go on counting', async () => {
    const { store } = await server().newStore<Noted>()
    await store.append('s', events(5))
    await store.truncateBefore('s', 4)
    expect((await all(store.read('s'))).map(({ version }) => version)).toEqual([4, 5])
    await store.truncateBefore('s', 2)
    expect(await store.stream('s')).toMatchObject({ truncatedBefore: 4, version: 5 })
    await store.truncateBefore('s', 1000)
    expect(await all(store.read('s'))).toEqual([])
    expect(await store.append('s', events(1), { expected: 5 })).toMatchObject({ version: 6 })
    expect((await all(store.read('s'))).map(({ version }) => version)).toEqual([6])
  })

  test('tombstoned ones are gone for good', async () => {
    const { store } = await server().newStore<Noted>()
    await store.append('s', events(3))
    await expect(store.tombstone('s', { expected: 2 })).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
      actual: 3,
    })
    await store.tombstone('s', { expected: 3 })
    for (const expected of ['any', 'none', 3] as const)
      await expect(store.append('s', events(1), { expected })).rejects.toMatchObject({
        code: 'STREAM_TOMBSTONED',
      })
    await expect(all(store.read('s'))).rejects.toMatchObject({ code: 'STREAM_TOMBSTONED' })
    for (const change of [
      () => store.archive('s'),
      () => store.tombstone('s'),
      () => store.setStreamMetadata('s', {}),
    ])
      await expect(change()).rejects.toMatchObject({ code: 'STREAM_TOMBSTONED' })
    expect(await all(store.readAll())).toEqual([])
    expect(await store.stream('s')).toMatchObject({ tombstoned: true, version: 3 })
  })
})
