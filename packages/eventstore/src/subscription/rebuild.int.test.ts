import { expect, test } from 'vitest'
import { onServers } from '../servers.testkit.ts'

type Noted = { type: 'Noted'; data: number }

onServers('a rebuild', (server) => {
  test('runs beside the live subscription under writers and swaps without losing or repeating an event', async () => {
    const { store, schema } = await server().newStore<Noted>()
    const { pool } = server()
    await pool.query(
      `create table ${schema}.sums (stream text primary key, total bigint, generation int default 1)`,
    )
    const into = (table: string) => ({
      Noted: (
        { stream, data }: { stream: string; data: number },
        { client }: { client: { query: typeof pool.query } },
      ) =>
        client.query(
          `insert into ${schema}.${table} as s (stream, total) values ($1, $2)
           on conflict (stream) do update set total = s.total + excluded.total`,
          [stream, data],
        ),
    })
    const live = await store.subscribe({ name: 'sums', partitions: 2, batchSize: 20, handle: into('sums') })
    let isWriting = true
    const expected: Record<string, number> = {}
    const writing = Promise.all(
      ['a', 'b', 'c'].map(async (stream) => {
        for (let n = 1; isWriting || n < 50; n++) {
          await store.append(stream, [{ type: 'Noted', data: n }])
          expected[stream] = (expected[stream] ?? 0) + n
        }
      }),
    )
    const definition = {
      name: 'sums',
      batchSize: 20,
      handle: into('sums_next'),
      prepare: (client: { query: typeof pool.query }) =>
        client.query(`
          drop table if exists ${schema}.sums_next;
          create table ${schema}.sums_next (stream text primary key, total bigint, generation int default 2)`),
      swap: (client: { query: typeof pool.query }) =>
        client.query(`drop table ${schema}.sums; alter table ${schema}.sums_next rename to sums`),
    }
    await store.rebuild(definition)
    isWriting = false
    await writing
    await live.caughtUp()
    const { rows } = await pool.query(
      `select stream, total::int, generation from ${schema}.sums order by stream`,
    )
    expect(rows).toEqual(
      ['a', 'b', 'c'].map((stream) => ({ stream, total: expected[stream], generation: 2 })),
    )
    expect((await store.lag('sums')).behind).toBe(0)
    await expect(store.lag('sums~rebuild')).rejects.toMatchObject({ code: 'SUBSCRIPTION_MISSING' })
    // twice is no different from once
    await store.rebuild(definition)
    expect(
      (await pool.query(`select stream, total::int, generation from ${schema}.sums order by stream`)).rows,
    ).toEqual(rows)
  })

  test('that fails leaves the live tables alone; what had failed before is handled by one that succeeds', async () => {
    const { store } = await server().newStore<Noted>()
    await store.append(
      's',
      [1, 2, 3].map((data) => ({ type: 'Noted' as const, data })),
    )
    const failing = {
      Noted: ({ data }: { data: number }) => {
        if (data === 2) throw new Error('no 2')
      },
    }
    const live = await store.subscribe({
      name: 'picky',
      retry: { attempts: 1 },
      onError: () => undefined,
      handle: failing,
    })
    await live.caughtUp()
    let swaps = 0
    const beside = { name: 'picky', prepare: () => Promise.resolve(), swap: () => Promise.resolve(swaps++) }
    await expect(store.rebuild({ ...beside, handle: failing })).rejects.toThrow('no 2')
    expect(swaps).toBe(0)
    await expect(store.lag('picky~rebuild')).rejects.toMatchObject({ code: 'SUBSCRIPTION_MISSING' })
    expect(await store.failedEvents('picky')).toHaveLength(2)
    const seen: number[] = []
    const handle = { Noted: ({ data }: { data: number }) => void seen.push(data) }
    const broken = { ...beside, handle, swap: () => Promise.reject(new Error('no swap')) }
    await expect(store.rebuild(broken)).rejects.toThrow('no swap')
    expect(await store.failedEvents('picky')).toHaveLength(2)
    seen.length = 0
    await store.rebuild({ ...beside, handle })
    expect(seen).toEqual([1, 2, 3])
    expect(await store.failedEvents('picky')).toEqual([])
    await expect(store.rebuild({ ...beside, name: 'absent', handle })).rejects.toMatchObject({
      code: 'SUBSCRIPTION_MISSING',
    })
  })

  test('of which two are started at once: one is refused', async () => {
    const { store } = await server().newStore<Noted>()
    await store.append('s', [{ type: 'Noted', data: 1 }])
    const live = await store.subscribe({ name: 'twice', handle: () => undefined })
    await live.caughtUp()
    const once = (): Promise<void> =>
      store.rebuild({
        name: 'twice',
        handle: () => new Promise((resolve) => setTimeout(resolve, 100)),
        prepare: () => Promise.resolve(),
        swap: () => Promise.resolve(),
      })
    const results = await Promise.allSettled([once(), once()])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'SUBSCRIPTION_CHANGED' },
    })
  })
})
