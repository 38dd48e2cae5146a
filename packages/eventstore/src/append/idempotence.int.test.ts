import { expect, test } from 'vitest'
import { newEventId } from '../event-id.ts'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers } from '../servers.testkit.ts'

type Noted = { type: 'Noted'; data: number }

const noted = (data: number, id = newEventId()): Noted & { id: string } => ({ type: 'Noted', data, id })

onServers('appending the same event ids again', (server) => {
  test('stores nothing and says where they are, whatever is expected by now', async () => {
    const { store } = await server().newStore<Noted>()
    const events = [noted(1), noted(2)]
    const first = await store.append('s', events, { expected: 'none' })
    await store.append('s', [noted(3)])
    for (const expected of ['none', 'any', 'exists', 0, 17] as const)
      expect(await store.append('s', events, { expected })).toEqual({ ...first, stored: false })
    expect(
      await store.append('s', [{ type: 'Noted', data: 1, id: events[0]?.id.toUpperCase() ?? '' }]),
    ).toMatchObject({
      version: 1,
      stored: false,
    })
    expect((await all(store.read('s'))).map(({ data }) => data)).toEqual([1, 2, 3])
    expect(await store.stream('s')).toMatchObject({ version: 3 })
  })

  test('in another order, another company or another stream is refused', async () => {
    const { store } = await server().newStore<Noted>()
    const [a, b, c] = [noted(1), noted(2), noted(3)]
    await store.append('s', [a, b, c])
    const reused = { code: 'EVENT_ID_REUSED' }
    await expect(store.append('s', [b, a])).rejects.toMatchObject(reused)
    await expect(store.append('s', [a, c])).rejects.toMatchObject(reused)
    await expect(store.append('s', [a, noted(4)])).rejects.toMatchObject(reused)
    await expect(store.append('t', [a])).rejects.toMatchObject(reused)
    expect(await store.append('s', [b, c])).toMatchObject({ version: 3, stored: false })
    expect(await all(store.readAll())).toHaveLength(3)
  })

  test('at the same time, in one group, from two stores and in another stream, stores them once', async () => {
    const { store, schema } = await server().newStore<Noted>()
    const other = server().open<Noted>({ schema })
    for (let round = 0; round < 20; round++) {
      const events = [noted(round), noted(round)]
      const appends = [store, store, other, store, other].map((each) => each.append('s', events))
      const bystander = store.append(`bystander ${round}`, [noted(0)])
      const results = await Promise.all(appends)
      expect(results.filter(({ stored }) => stored)).toHaveLength(1)
      expect(new Set(results.map(({ version }) => version))).toEqual(new Set([2 * round + 2]))
      expect(await bystander).toMatchObject({ stored: true })
      // the same ids to another stream lose against whichever was first, also within a group
      const id = newEventId()
      const raced = await Promise.allSettled(['x', 'y'].map((stream) => store.append(stream, [noted(1, id)])))
      expect(raced.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(raced.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'EVENT_ID_REUSED' },
      })
    }
    expect(await all(store.read('s'))).toHaveLength(40)
  })

  test('to streams that are new to two programs at once stores them once', async () => {
    const { store, schema } = await server().newStore<Noted>()
    const other = server().open<Noted>({ schema })
    for (let round = 0; round < 40; round++) {
      const events = [noted(round)]
      const results = await Promise.all(
        [store, store, other, other].map((each) => each.append(`new-${round}`, events)),
      )
      expect(results.filter(({ stored }) => stored)).toHaveLength(1)
    }
  })
})
