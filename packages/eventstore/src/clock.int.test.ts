import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers } from './servers.testkit.ts'

type Noted = { type: 'Noted'; data: number }

onServers('a clock that is set back', (server) => {
  test('changes neither the order nor what is delivered, and no lag is below zero', async () => {
    const { store, schema } = await server().newStore<Noted>()
    // what events are stamped with is all the store takes from the clock to keep
    const clock = (offset: string): Promise<unknown> =>
      server().pool.query(
        `alter table ${schema}.event alter column created set default clock_timestamp() + interval '${offset}'`,
      )
    const seen: number[] = []
    const start = (): ReturnType<typeof store.subscribe> =>
      store.subscribe({ name: 'n', handle: { Noted: ({ data }) => void seen.push(data) } })
    const first = await start()
    await clock('2 hours')
    for (const data of [1, 2]) await store.append('s', [{ type: 'Noted', data }])
    await first.caughtUp()
    await first.stop()
    await store.append('s', [{ type: 'Noted', data: 3 }])
    await clock('1 hour')
    await store.append(
      't',
      [4, 5].map((data) => ({ type: 'Noted' as const, data })),
    )
    await clock('0')
    await store.append('s', [{ type: 'Noted', data: 6 }], { expected: 3 })
    const stored = await all(store.readAll())
    const times = stored.map(({ created }) => created.getTime())
    expect(times).not.toEqual([...times].sort((a, b) => a - b))
    expect(stored.map(({ data }) => data)).toEqual([1, 2, 3, 4, 5, 6])
    expect((await all(store.read('s'))).map(({ version }) => version)).toEqual([1, 2, 3, 4])
    // the oldest event that waits was made two hours from now
    expect(await store.lag('n')).toMatchObject({ behind: 4, seconds: 0, partitions: [{ seconds: 0 }] })
    const second = await start()
    await second.caughtUp()
    expect(seen).toEqual([1, 2, 3, 4, 5, 6])
    expect(await store.lag('n')).toMatchObject({ behind: 0, seconds: 0 })
  })
})
