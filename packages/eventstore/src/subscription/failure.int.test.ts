import { expect, test } from 'vitest'
import { onServers } from '../servers.testkit.ts'

type Noted = { type: 'Noted'; data: number }

const noted = (data: number): Noted => ({ type: 'Noted', data })
const retry = { attempts: 3, firstDelayMs: 1 }

onServers('events that a handler cannot handle', (server) => {
  test('are tried again with pauses, then put aside with those behind them in their stream, and handled on request', async () => {
    const { store } = await server().newStore<Noted>()
    const handled: string[] = []
    const attempts: [number, number][] = []
    const errors: unknown[] = []
    let isMended = false
    await store.append('bad', [noted(1), noted(2), noted(3)])
    await store.append('good', [noted(1), noted(2)])
    const subscription = await store.subscribe({
      name: 'picky',
      retry: { attempts: 3, firstDelayMs: 40 },
      onError: (error) => errors.push(error),
      handle: {
        Noted: ({ stream, version }, { attempt }) => {
          if (stream === 'bad' && version === 2) attempts.push([attempt, performance.now()])
          if (stream === 'bad' && version === 2 && !isMended) throw new Error('cannot')
          handled.push(`${stream} ${version}`)
        },
      },
    })
    await subscription.caughtUp()
    expect(attempts.map(([attempt]) => attempt)).toEqual([1, 1, 2, 3])
    const pauses = attempts.map(([, at], index) => at - (attempts[index - 1]?.[1] ?? at))
    expect(pauses[2]).toBeGreaterThanOrEqual(39)
    expect(pauses[3]).toBeGreaterThanOrEqual(79)
    expect(errors.map((error) => (error as Error).message)).toEqual(['cannot', 'cannot', 'cannot', 'cannot'])
    expect(await store.failedEvents('picky')).toMatchObject([
      {
        position: 2,
        event: { stream: 'bad', version: 2, type: 'Noted' },
        attempts: 3,
        error: 'Error: cannot',
      },
      {
        position: 3,
        event: { stream: 'bad', version: 3 },
        attempts: 0,
        error: expect.stringContaining('behind'),
      },
    ])
    expect(await store.lag('picky')).toMatchObject({ behind: 0, failedEvents: 2 })
    await store.append('bad', [noted(4)])
    await subscription.caughtUp()
    expect(handled.slice(-2)).toEqual(['good 1', 'good 2'])

    // once more in vain, then mended: the rest of the stream follows in order
    expect(await store.retryFailed('picky', [3])).toBe(2)
    await expect.poll(async () => (await store.failedEvents('picky'))[0]?.attempts).toBe(4)
    expect((await store.failedEvents('picky')).map(({ requested }) => requested)).toEqual([
      false,
      false,
      false,
    ])
    isMended = true
    expect(await store.retryFailed('picky', 'all')).toBe(3)
    await expect.poll(() => store.failedEvents('picky')).toEqual([])
    expect(handled.slice(-3)).toEqual(['bad 2', 'bad 3', 'bad 4'])
    await store.append('bad', [noted(5)])
    await subscription.caughtUp()
    expect(handled.at(-1)).toBe('bad 5')
  })

  test('a batch handler that fails as a whole: the one event is found, the others are handled', async () => {
    const { store } = await server().newStore<Noted>()
    const handled: number[] = []
    await store.append(
      's',
      Array.from({ length: 50 }, (_, n) => noted(n)),
    )
    const subscription = await store.subscribe({
      name: 'batches',
      retry,
      onFailure: 'park-event',
      onError: () => undefined,
      handle: (events) => {
        if (events.some(({ data }) => data === 37)) throw new Error('no 37')
        handled.push(...events.map(({ data }) => data))
      },
    })
    await subscription.caughtUp()
    expect(handled).toEqual(Array.from({ length: 50 }, (_, n) => n).filter((n) => n !== 37))
    expect(await store.failedEvents('batches')).toMatchObject([
      { position: 38, attempts: 3, error: 'Error: no 37' },
    ])
    expect(await store.discardFailed('batches', [1, 38])).toBe(1)
    expect(await store.failedEvents('batches')).toEqual([])
  })

  test('those that were dropped leave the rest of their stream to be retried; those that are gone need no handler', async () => {
    const { store } = await server().newStore<Noted>()
    const handled: number[] = []
    await store.append('s', [noted(1), noted(2)])
    await store.append('t', [noted(1)])
    const subscription = await store.subscribe({
      name: 'dropping',
      retry: { attempts: 1 },
      onError: () => undefined,
      handle: {
        Noted: ({ stream, data }) => {
          if (data === 1) throw new Error('no')
          handled.push(data)
          expect(stream).toBe('s')
        },
      },
    })
    await subscription.caughtUp()
    expect((await store.failedEvents('dropping')).map(({ position }) => position)).toEqual([1, 2, 3])
    expect(await store.failedEvents('dropping', { after: 1, limit: 1 })).toMatchObject([{ position: 2 }])
    await store.discardFailed('dropping', [1])
    await store.tombstone('t')
    expect((await store.failedEvents('dropping')).at(-1)).toMatchObject({ position: 3, event: undefined })
    await store.retryFailed('dropping', 'all')
    await expect.poll(() => store.failedEvents('dropping')).toEqual([])
    expect(handled).toEqual([2])
  })

  test('a handler that swallows a failed statement or ends the transaction counts as failed', async () => {
    const { store, schema } = await server().newStore<Noted>()
    await server().pool.query(`create table ${schema}.seen (data int)`)
    await store.append('s', [noted(1)])
    await store.append('t', [noted(2)])
    const subscription = await store.subscribe({
      name: 'careless',
      batchSize: 1,
      retry: { attempts: 1 },
      onError: () => undefined,
      handle: {
        Noted: async ({ data }, { client }) => {
          await client.query(`insert into ${schema}.seen values ($1)`, [data])
          if (data === 1) await client.query('select 1 / 0').catch(() => undefined)
          else await client.query('rollback')
        },
      },
    })
    await subscription.caughtUp()
    expect((await store.failedEvents('careless')).map(({ error }) => error)).toEqual([
      expect.stringContaining('the handler went on'),
      expect.stringContaining('ended the transaction'),
    ])
    expect((await server().pool.query(`select * from ${schema}.seen`)).rows).toEqual([])
  })

  test('an event of a schema version that is not known here is put aside, and nothing is misread', async () => {
    const { store, schema } = await server().newStore<Noted>()
    const newer = server().open<Noted>({
      schema,
      schemas: { Noted: { version: 2, upcast: { 1: (data) => data } } },
    })
    await newer.append('s', [noted(1)])
    const handled: number[] = []
    const subscription = await store.subscribe({
      name: 'older',
      retry: { attempts: 1 },
      onError: () => undefined,
      handle: { Noted: ({ data }) => void handled.push(data) },
    })
    await subscription.caughtUp()
    expect(handled).toEqual([])
    expect(await store.failedEvents('older')).toMatchObject([
      { error: expect.stringContaining('schema version 2') },
    ])
  })
})
