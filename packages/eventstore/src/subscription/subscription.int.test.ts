import { expect, test } from 'vitest'
import { onServers, type StoreServer } from '../servers.testkit.ts'
import type { EventStore } from '../event-store.ts'

type Ledger = { type: 'Paid'; data: { amount: number } } | { type: 'Refunded'; data: { amount: number } }

const paid = (amount: number): Ledger => ({ type: 'Paid', data: { amount } })

/** A store with a table that a projection counts in. */
async function withTable(server: StoreServer): Promise<{
  store: EventStore<Ledger>
  schema: string
  rows: () => Promise<string[]>
}> {
  const { store, schema } = await server.newStore<Ledger>()
  await server.pool.query(`create table ${schema}.seen (nth serial, stream text, version int, process int)`)
  return {
    store,
    schema,
    rows: async () => {
      const { rows } = await server.pool.query(
        `select stream || ' ' || version as row from ${schema}.seen order by nth`,
      )
      return rows.map(({ row }) => row as string)
    },
  }
}

onServers('a subscription', (server) => {
  test('catches up, then goes on live, and handles each event once though it is stopped and started', async () => {
    const { store, schema, rows } = await withTable(server())
    const start = (): ReturnType<typeof store.subscribe> =>
      store.subscribe({
        name: 'seen',
        batchSize: 7,
        handle: {
          Paid: ({ stream, version }, { client }) =>
            client.query(`insert into ${schema}.seen (stream, version) values ($1, $2)`, [stream, version]),
        },
      })
    await store.append(
      'a',
      Array.from({ length: 20 }, (_, n) => paid(n)),
    )
    const first = await start()
    await first.caughtUp()
    await store.append('b', [paid(1), { type: 'Refunded', data: { amount: 1 } }, paid(2)])
    await first.caughtUp()
    await first.stop()
    await store.append('a', [paid(21)])
    const second = await start()
    await second.caughtUp()
    expect(await rows()).toEqual([
      ...Array.from({ length: 20 }, (_, n) => `a ${n + 1}`),
      'b 1',
      'b 3',
      'a 21',
    ])
  })

  test('in another process learns of a new event at once, without waiting for the poll', async () => {
    const { store, schema } = await server().newStore<Ledger>()
    const writer = server().open<Ledger>({ schema })
    const arrived = new Map<number, (at: number) => void>()
    const subscription = await store.subscribe({
      name: 'live',
      pollMs: 60_000,
      handle: { Paid: ({ position }) => arrived.get(position)?.(performance.now()) },
    })
    await subscription.caughtUp()
    // its LISTEN has to be there before what it is to hear
    const listening = `select 1 from pg_stat_activity where query like 'listen %'`
    await expect.poll(async () => (await server().pool.query(listening)).rowCount).toBeGreaterThan(0)
    const delays: number[] = []
    for (let n = 1; n <= 20; n++) {
      const arrival = new Promise<number>((resolve) => arrived.set(n, resolve))
      await writer.append('a', [paid(n)])
      const begun = performance.now()
      delays.push((await arrival) - begun)
    }
    expect(Math.max(...delays)).toBeLessThan(5000)
    await subscription.stop()
  })

  test('is asked for nothing that is known: a turn to the end claims once, and writers announce only to subscriptions', async () => {
    const { store, schema } = await server().newStore<Ledger>()
    const counted: string[] = []
    const pool = server().newPool()
    pool.on('connect', (client) => {
      const query = client.query.bind(client) as (...args: unknown[]) => unknown
      Object.assign(client, {
        query: (...args: unknown[]) => {
          counted.push((args[0] as { name?: string }).name?.split('-')[2] ?? '')
          return query(...args)
        },
      })
    })
    const count = (name: string): number => counted.filter((each) => each === name).length
    const writer = server().open<Ledger>({ schema, pool })
    const end = performance.now() + 300
    for (let n = 0; performance.now() < end; n++) await writer.append('a', [paid(n)])
    expect(count('notify')).toBeLessThan(4)
    const reader = server().open<Ledger>({ schema, pool })
    const subscription = await reader.subscribe({ name: 'counted', handle: { Paid: () => undefined } })
    for (let n = 0; n < 10; n++) {
      await store.append('a', [paid(n)])
      await subscription.caughtUp()
    }
    await subscription.stop()
    expect(count('advance')).toBeGreaterThan(0)
    expect(count('claim')).toBe(count('advance'))
    await writer.close()
    await reader.close()
    await pool.end()
  })

  test('polls when it is not woken: after a commit that nobody announced', async () => {
    const { store, schema } = await server().newStore<Ledger>({ wakeUp: false })
    const silent = server().open<Ledger>({ schema, wakeUp: false })
    const seen: number[] = []
    const handle = { Paid: ({ version }: { version: number }) => void seen.push(version) }
    const subscription = await store.subscribe({ name: 'polling', pollMs: 20, handle })
    await silent.append('a', [paid(1), paid(2)])
    await expect.poll(() => seen).toEqual([1, 2])
    await subscription.stop()
  })

  test('begins at the beginning, the end or after a position', async () => {
    const { store } = await server().newStore<Ledger>()
    await store.append('a', [paid(1), paid(2), paid(3)])
    const seen: Record<string, number[]> = { beginning: [], end: [], 2: [] }
    for (const from of ['beginning', 'end', 2] as const) {
      const handle = { Paid: ({ version }: { version: number }) => void seen[from]?.push(version) }
      await store.subscribe({ name: `from ${from}`, from, handle })
    }
    await store.append('a', [paid(4)])
    await expect.poll(() => seen).toEqual({ beginning: [1, 2, 3, 4], end: [4], 2: [3, 4] })
  })

  test('competing processes share partitions: each event once, each stream in order', async () => {
    const { store, schema, rows } = await withTable(server())
    const streams = Array.from({ length: 10 }, (_, n) => `s${n}`)
    const processes = await Promise.all(
      [0, 1, 2].map(async (process) => {
        const own = server().open<Ledger>({ schema })
        return own.subscribe({
          name: 'shared',
          partitions: 4,
          batchSize: 5,
          handle: async (events, { client }) => {
            for (const { stream, version } of events)
              await client.query(
                `insert into ${schema}.seen (stream, version, process) values ($1, $2, $3)`,
                [stream, version, process],
              )
          },
        })
      }),
    )
    for (let n = 0; n < 12; n++)
      await Promise.all(streams.map((stream) => store.append(stream, [paid(n), paid(n)])))
    await processes[0]?.caughtUp()
    const seen = await rows()
    expect(seen).toHaveLength(240)
    for (const stream of streams)
      expect(seen.filter((row) => row.startsWith(`${stream} `))).toEqual(
        Array.from({ length: 24 }, (_, n) => `${stream} ${n + 1}`),
      )
    const workers = await server().pool.query(`select distinct process from ${schema}.seen`)
    expect(workers.rowCount).toBeGreaterThan(1)
    await expect(
      store.subscribe({ name: 'shared', partitions: 3, handle: () => undefined }),
    ).rejects.toMatchObject({
      code: 'SUBSCRIPTION_CHANGED',
    })
  })

  test('what a failed handler wrote is undone with the checkpoint', async () => {
    const { store, schema, rows } = await withTable(server())
    await store.append('a', [paid(1), paid(2), paid(3)])
    let failures = 0
    const subscription = await store.subscribe({
      name: 'seen',
      retry: { firstDelayMs: 1 },
      onError: () => undefined,
      handle: {
        Paid: async ({ stream, version }, { client }) => {
          await client.query(`insert into ${schema}.seen (stream, version) values ($1, $2)`, [
            stream,
            version,
          ])
          if (version === 2 && failures++ < 3) throw new Error('not yet')
        },
      },
    })
    await subscription.caughtUp()
    expect(failures).toBe(4)
    expect(await rows()).toEqual(['a 1', 'a 2', 'a 3'])
  })

  test('says how far it is behind', async () => {
    const { store } = await server().newStore<Ledger>()
    await expect(store.lag('slow')).rejects.toMatchObject({ code: 'SUBSCRIPTION_MISSING' })
    const subscription = await store.subscribe({ name: 'slow', partitions: 2, handle: () => undefined })
    await store.append('a', [paid(1)])
    await subscription.caughtUp()
    await subscription.stop()
    expect(await store.lag('slow')).toMatchObject({ last: 1, behind: 0, seconds: 0, failedEvents: 0 })
    await store.append('a', [paid(2), paid(3)])
    await new Promise((resolve) => setTimeout(resolve, 20))
    const lag = await store.lag('slow')
    expect(lag).toMatchObject({ last: 3, behind: 2, partitions: [{ partition: 0 }, { partition: 1 }] })
    expect(lag.seconds).toBeGreaterThan(0.015)
    expect(lag.partitions.filter(({ seconds }) => seconds > 0)).toHaveLength(1)
  })
})
