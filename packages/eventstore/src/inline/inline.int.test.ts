import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import type { EventStoreOptions } from '../event-store-options.ts'
import { EventStore } from '../event-store.ts'
import { newEventId } from '../event-id.ts'
import { isErased, type Personal } from '../personal/erased.ts'
import { onServers, type StoreServer } from '../servers.testkit.ts'
import type { InlineProjection } from './inline-projection.ts'
import { ProjectionFailed } from './projection-failed.ts'

type Paid = { type: 'Paid'; data: { amount: number } }
type Ledger = Paid | { type: 'Noted' }

const paid = (amount: number): Paid => ({ type: 'Paid', data: { amount } })

/** Sums per stream; refuses negative amounts by itself, and amounts over 1000 by a constraint of its table. */
function sums(schema: string, table = 'sums'): InlineProjection<Ledger> {
  return {
    name: 'sums',
    handle: {
      Paid: async ({ stream, data }, { client }) => {
        if (data.amount < 0) throw new Error('negative')
        await client.query(
          `insert into ${schema}.${table} as s (stream, total) values ($1, $2)
           on conflict (stream) do update set total = s.total + excluded.total`,
          [stream, data.amount],
        )
      },
    },
  }
}

async function withSums(
  server: StoreServer,
  options: Partial<EventStoreOptions<Ledger>> = {},
): Promise<{ store: EventStore<Ledger>; schema: string; totals: () => Promise<Record<string, number>> }> {
  const schema = server.newSchemaName()
  const { store } = await server.newStore<Ledger>({ schema, inline: [sums(schema)], ...options })
  await server.pool.query(
    `create table ${schema}.sums (stream text primary key, total int check (total <= 1000))`,
  )
  const totals = async (): Promise<Record<string, number>> => {
    const { rows } = await server.pool.query<{ stream: string; total: number }>(
      `select * from ${schema}.sums`,
    )
    return Object.fromEntries(rows.map(({ stream, total }) => [stream, total]))
  }
  return { store, schema, totals }
}

onServers('an inline projection', (server) => {
  test('is there when the append is, with the events as subscriptions see them', async () => {
    const seen: unknown[] = []
    const { store, totals } = await withSums(server(), {
      inline: [
        sums('s1'),
        { name: 'seen', handle: { Noted: (e) => void seen.push(e), Paid: (e) => void seen.push(e) } },
      ],
      schema: 's1',
    })
    await store.append('a', [paid(1), { type: 'Noted' }, paid(2)])
    expect(await totals()).toEqual({ a: 3 })
    await store.append('a', [paid(4)], { expected: 3 })
    expect(await totals()).toEqual({ a: 7 })
    expect(seen).toEqual(await all(store.readAll()))
  })

  test('that throws refuses the append, and neither of the two is stored; others are', async () => {
    const { store, totals } = await withSums(server())
    const [first, refused, third] = await Promise.allSettled([
      store.append('a', [paid(1)]),
      store.append('b', [paid(5), paid(-1)]),
      store.append('c', [paid(2)]),
    ])
    expect([first.status, third.status]).toEqual(['fulfilled', 'fulfilled'])
    const error = (refused as PromiseRejectedResult).reason as ProjectionFailed
    expect(error).toBeInstanceOf(ProjectionFailed)
    expect(error).toMatchObject({ code: 'PROJECTION_FAILED', projection: 'sums', stream: 'b' })
    expect(error.cause).toMatchObject({ message: 'negative' })
    // by its table, with the error of the server as the cause
    await expect(store.append('a', [paid(1000)])).rejects.toMatchObject({
      code: 'PROJECTION_FAILED',
      cause: { code: '23514' },
    })
    expect(await store.stream('b')).toBeUndefined()
    expect(await totals()).toEqual({ a: 1, c: 2 })
    expect(await store.append('a', [paid(1)], { expected: 1 })).toMatchObject({ version: 2 })
  })

  test('is part of the transaction of the caller, who may go on when it refuses', async () => {
    const { store, totals } = await withSums(server())
    await store.transaction(async (client) => {
      await store.append('a', [paid(1)], { client })
      await expect(store.append('a', [paid(2), paid(-2)], { client })).rejects.toMatchObject({
        code: 'PROJECTION_FAILED',
      })
      await expect(store.append('a', [paid(1000)], { client })).rejects.toMatchObject({
        cause: { code: '23514' },
      })
      await store.append('a', [paid(4)], { client, expected: 1 })
      expect(await totals()).toEqual({})
    })
    const undone = store.transaction(async (client) => {
      await store.append('a', [paid(8)], { client })
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    expect(await totals()).toEqual({ a: 5 })
    expect(await all(store.read('a'))).toHaveLength(2)
  })

  test('handles of a batch what is stored: nothing refused, nothing that was there, not what it refused itself', async () => {
    const { store, totals } = await withSums(server())
    const known = { ...paid(1), id: newEventId() }
    await store.append('a', [known])
    const batch = [
      { stream: 'a', events: [known] },
      { stream: 'b', events: [paid(2), paid(3)] },
      { stream: 'b', events: [paid(4)], expected: 2 },
      { stream: 'c', events: [paid(-1)] },
      { stream: 'd', events: [paid(5)], expected: 'exists' as const },
      { stream: 'e', events: [paid(6), paid(-1)] },
    ]
    const results = await store.appendBatch(batch)
    expect(results).toMatchObject([
      { ok: true, stored: false, version: 1 },
      { ok: true, stored: true, version: 2 },
      { ok: true, stored: true, version: 3 },
      { ok: false, stream: 'c', error: { code: 'PROJECTION_FAILED' } },
      { ok: false, stream: 'd', error: { code: 'VERSION_CONFLICT' } },
      { ok: false, stream: 'e', error: { code: 'PROJECTION_FAILED' } },
    ])
    expect(await totals()).toEqual({ a: 1, b: 9 })
    await expect(store.appendBatch(batch.slice(1, 4), { atomic: true })).rejects.toMatchObject({
      code: 'BATCH_REFUSED',
      cause: { code: 'VERSION_CONFLICT' },
    })
    const throwing = [batch[1], batch[3]].flatMap((each) => each ?? [])
    await expect(store.appendBatch(throwing, { atomic: true })).rejects.toMatchObject({
      code: 'BATCH_REFUSED',
      cause: { code: 'PROJECTION_FAILED' },
    })
    expect(await totals()).toEqual({ a: 1, b: 9 })
    await store.appendBatch([{ stream: 'f', events: [paid(7)] }], { atomic: true })
    expect(await totals()).toEqual({ a: 1, b: 9, f: 7 })
    expect(await store.appendBatch([{ stream: 'c', events: [paid(-1)] }])).toMatchObject([{ ok: false }])
  })

  test('handles the same ids once, from two programs at once too, and keeps the order of one program', async () => {
    const { store, schema, totals } = await withSums(server())
    const other = server().open<Ledger>({ schema, inline: [sums(schema)] })
    for (let round = 0; round < 10; round++) {
      const events = [{ ...paid(1), id: newEventId() }]
      const appends = [store, other, store, other].map((each) => each.append(`a${round % 2}`, events))
      const results = await Promise.all(appends)
      expect(results.filter(({ stored }) => stored)).toHaveLength(1)
    }
    expect(await totals()).toEqual({ a0: 5, a1: 5 })
    await Promise.all(
      Array.from({ length: 30 }, (_, n) => store.append('o', [n % 3 ? paid(n) : { type: 'Noted' }, paid(n)])),
    )
    const order = (await all(store.read('o'))).flatMap((e) =>
      e.type === 'Paid' && e.version % 2 === 0 ? [e.data.amount] : [],
    )
    expect(order).toEqual(Array.from({ length: 30 }, (_, n) => n))
  })

  test('sees personal data opened and no old shapes', async () => {
    type Named = { type: 'Named'; data: { person: string; name: Personal<string>; size: number } }
    const { schema } = await server().newStore()
    const seen: unknown[] = []
    const store = server().open<Named>({
      schema,
      personal: { Named: { subject: ({ person }) => person, fields: ['name'] } },
      schemas: { Named: { version: 2, upcast: { 1: (data) => ({ ...(data as object), size: 0 }) } } },
      inline: [
        {
          name: 'names',
          handle: {
            Named: ({ data, schemaVersion }) => void seen.push([data.name, data.size, schemaVersion]),
          },
        },
      ],
    })
    const ann: Named = { type: 'Named', data: { person: 'p1', name: 'Ann', size: 3 } }
    await store.append('a', [ann])
    await store.transaction((client) =>
      store.append('b', [{ ...ann, data: { ...ann.data, person: 'p2' } }], { client }),
    )
    expect(seen).toEqual([
      ['Ann', 3, 2],
      ['Ann', 3, 2],
    ])
    await store.erase('p1')
    const rebuilt: unknown[] = []
    await store.rebuild({
      name: 'names',
      prepare: () => Promise.resolve(),
      swap: () => Promise.resolve(),
      handle: { Named: ({ data }) => void rebuilt.push(isErased(data.name) ? 'erased' : data.name) },
    })
    expect(rebuilt).toEqual(['erased', 'Ann'])
  })

  test('whose handler ends the transaction, or goes on in a failed one, is told', async () => {
    const { schema } = await server().newStore()
    const careless = (sql: string): EventStore<Ledger> =>
      server().open<Ledger>({
        schema,
        inline: [
          { name: 'n', handle: { Paid: (_, { client }) => client.query(sql).catch(() => undefined) } },
        ],
      })
    const ended = { code: 'NO_TRANSACTION' }
    const failing = careless('select 1 / 0')
    await expect(failing.append('a', [paid(1)])).rejects.toMatchObject(ended)
    await failing.transaction(async (client) => {
      await expect(failing.append('a', [paid(1)], { client })).rejects.toMatchObject(ended)
      await client.query('select 1')
    })
    await expect(careless('commit').append('b', [paid(1)])).rejects.toMatchObject(ended)
    expect(await failing.stream('a')).toBeUndefined()
  })

  test('costs appends nothing that it does not handle: no transaction, one statement', async () => {
    const { store, schema } = await withSums(server())
    const { pool, sent } = server().newSpiedPool()
    const spied = server().open<Ledger>({ pool, schema, inline: [sums(schema)] })
    await spied.append('a', [{ type: 'Noted' }])
    expect(sent).toHaveLength(1)
    await spied.append('a', [paid(1)])
    expect(sent.slice(1)).toEqual([
      expect.stringContaining('begin'),
      expect.stringContaining('append_one'),
      expect.stringContaining('read_stream'),
      expect.stringContaining('insert into'),
      'commit',
    ])
    await spied.close()
    await pool.end()
    expect(await all(store.read('a'))).toHaveLength(2)
  })

  test('is rebuilt under writers: what was before it was declared is in it, and nothing is lost or repeated', async () => {
    const { store, schema, totals } = await withSums(server())
    const before = server().open<Ledger>({ schema })
    await before.append(
      'a',
      Array.from({ length: 50 }, () => paid(1)),
    )
    let isWriting = true
    const expected: Record<string, number> = { a: 50 }
    const writing = Promise.all(
      ['a', 'b', 'c'].map(async (stream) => {
        for (let n = 1; isWriting || n < 30; n++) {
          if (n % 3 > 0) await store.append(stream, [paid(1)])
          else await store.transaction((client) => store.append(stream, [paid(1)], { client }))
          expected[stream] = (expected[stream] ?? 0) + 1
          await sleep(2)
        }
      }),
    )
    let tables = 0
    const anew = {
      ...sums(schema, 'sums_next'),
      prepare: (client: { query: (sql: string) => Promise<unknown> }) =>
        client.query(
          `drop table if exists ${schema}.sums_next; create table ${schema}.sums_next (stream text primary key, total int)`,
        ),
      swap: (client: { query: (sql: string) => Promise<unknown> }) => {
        tables++
        return client.query(`drop table ${schema}.sums; alter table ${schema}.sums_next rename to sums`)
      },
    }
    for (let round = 0; round < 2; round++) await store.rebuild(anew)
    isWriting = false
    await writing
    expect(await totals()).toEqual(expected)
    expect(tables).toBeGreaterThanOrEqual(2)
    await expect(store.lag('sums~rebuild')).rejects.toMatchObject({ code: 'SUBSCRIPTION_MISSING' })
    const failing = { ...anew, handle: { Paid: () => Promise.reject(new Error('no')) } }
    await expect(store.rebuild(failing)).rejects.toThrow('no')
    await store.append('a', [paid(1)])
    expect(await totals()).toEqual({ ...expected, a: (expected['a'] ?? 0) + 1 })
    await expect(store.subscribe({ name: 'sums', handle: () => undefined })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    })
  })

  test('is rebuilt with all that is stored, also past an append that waits for the swap and holds the horizon', async () => {
    const { store, schema } = await withSums(server())
    await store.append('a', [paid(1), paid(2)])
    const waiting = await server().pool.connect()
    await waiting.query('begin')
    // what an append holds when it comes to its stream: the last position before its own, here all of them
    await waiting.query(
      `select pg_advisory_xact_lock_shared('${schema}.event_position'::regclass::oid::int, 0)`,
    )
    expect(await all(store.readAll())).toEqual([])
    const seen: number[] = []
    const done = (): Promise<void> => Promise.resolve()
    const handle = { Paid: ({ data }: { data: Paid['data'] }) => void seen.push(data.amount) }
    await store.rebuild({ name: 'sums', handle, prepare: done, swap: done })
    await waiting.query('rollback')
    waiting.release()
    expect(seen).toEqual([1, 2])
  })

  test('is declared with a name of its own and functions, or refused', () => {
    const handle = { Paid: () => undefined }
    const declared = (inline: readonly InlineProjection<Ledger>[]) => () =>
      new EventStore<Ledger>({ pool: server().pool, inline })
    const invalid = expect.objectContaining({ code: 'INVALID_OPTION' }) as Error
    expect(declared([{ name: '', handle }])).toThrow(invalid)
    expect(declared([{ name: 'n~rebuild', handle }])).toThrow(invalid)
    expect(
      declared([
        { name: 'n', handle },
        { name: 'n', handle },
      ]),
    ).toThrow(invalid)
    expect(declared([{ name: 'n', handle: {} }])).toThrow(invalid)
    expect(declared([{ name: 'n', handle: { Paid: undefined } }])).toThrow(invalid)
  })
})
