import { expect, test, vi } from 'vitest'
import { Readable } from 'node:stream'
import { install } from './schema/install.ts'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers } from './servers.testkit.ts'
import { exportEvents } from './transfer/export-events.ts'
import { importEvents } from './transfer/import-events.ts'

type Noted = { type: string; data?: unknown; id?: string; metadata?: Record<string, unknown> }

type Numbered = { type: 'Noted'; data: number }

onServers('bad input', (server) => {
  test('an empty append or batch is refused', async () => {
    const { store } = await server().newStore<Noted>()
    const empty = { code: 'EMPTY_APPEND' }
    await expect(store.append('s', [])).rejects.toMatchObject(empty)
    await expect(store.append('s', [], { expected: 'none' })).rejects.toMatchObject(empty)
    await expect(store.appendBatch([])).rejects.toMatchObject(empty)
    await expect(store.appendBatch([{ stream: 's', events: [] }])).rejects.toMatchObject(empty)
    expect(await store.stream('s')).toBeUndefined()
  })

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty text', ''],
    ['an empty object', {}],
    ['10 MB', { text: 'ä"\\\n'.repeat(1_250_000) }],
    [
      'every kind of character',
      { text: '\u0001\u001f"\\/\u2028 ä 漢 😀 \u{10ffff}', '😀"': ["it's", '{}', 'null'] },
    ],
    ['numbers', [0, -0.5, 1e300, Number.MAX_SAFE_INTEGER, 5e-324]],
  ])('data of %s comes back as it was, alone and in company', async (_what, data) => {
    const { store } = await server().newStore<Noted>({ schema: 'sizes' })
    const stream = `s${Math.random()}`
    await store.append(stream, [{ type: 'Noted', data }])
    await store.append(stream, [
      { type: 'Noted', data },
      { type: 'Noted', data: 'company' },
    ])
    const read = await all(store.read(stream))
    expect(read.map((event) => event.data)).toEqual([data, data, 'company'])
  })

  test('what JSON or PostgreSQL cannot hold is refused by name, and its company is stored', async () => {
    const { store } = await server().newStore<Noted>()
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    const bad: Noted[] = [
      { type: 'Noted', data: { text: 'a\0b' } },
      { type: 'Noted', data: { 'a\0b': 1 } },
      { type: 'Noted', data: '\\\0' },
      { type: 'Noted', data: '\ud800' },
      { type: 'Noted', data: 'x\udfffx' },
      { type: 'Noted', data: 10n },
      { type: 'Noted', data: () => 1 },
      { type: 'Noted', data: circular },
      { type: 'Noted', metadata: { userId: 'a\0b' } },
      { type: 'a\0b' },
      { type: '\ud800' },
      { type: '' },
      { type: 'x'.repeat(600) },
      { type: 'Noted', id: 'not-a-uuid' },
    ]
    const results = await Promise.allSettled([
      store.append('good', [{ type: 'Noted', data: '\\u0000 written out is fine' }]),
      ...bad.map((event, index) => store.append(`bad-${index}`, [event])),
    ])
    expect(results[0]).toMatchObject({ status: 'fulfilled' })
    for (const result of results.slice(1))
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'INVALID_EVENT' } })
    expect((await all(store.readAll())).map(({ data }) => data)).toEqual(['\\u0000 written out is fine'])
    const large = { type: 'Noted', data: 'x'.repeat(64 * 1024 * 1024) }
    await expect(store.append('s', [large])).rejects.toMatchObject({ code: 'EVENT_TOO_LARGE' })
    const id = '0192f0c1-0000-7000-8000-000000000000'
    await expect(
      store.append('s', [
        { type: 'Noted', id },
        { type: 'Noted', id },
      ]),
    ).rejects.toMatchObject({ code: 'INVALID_EVENT' })
  })

  test.each([
    'it\'s "quoted"',
    '😀-漢-ä',
    ' blank ',
    '$all',
    "'; drop table event; --",
    '\\',
    '{a,"b"}',
    'x'.repeat(512),
  ])('a stream named %s is one like any other', async (stream) => {
    const { store } = await server().newStore<Noted>({ schema: 'names' })
    await store.append(stream, [{ type: 'Noted', data: 1 }])
    await store.appendBatch([{ stream, events: [{ type: 'Noted', data: 2 }], expected: 1 }])
    expect((await all(store.read(stream))).map((event) => [event.stream, event.data])).toEqual([
      [stream, 1],
      [stream, 2],
    ])
  })

  test.each(['', 'a\0b', '\ud800', 'x'.repeat(513)])(
    'a stream named %j is refused everywhere',
    async (stream) => {
      const { store } = await server().newStore<Noted>({ schema: 'names' })
      for (const use of [
        () => store.append(stream, [{ type: 'Noted' }]),
        () => all(store.read(stream)),
        () => store.stream(stream),
        () => store.tombstone(stream),
        () => store.setStreamMetadata(stream, {}),
      ])
        await expect(use()).rejects.toMatchObject({ code: 'INVALID_STREAM' })
    },
  )

  test('versions and positions beyond 2^53 never come to be', async () => {
    const { store, schema } = await server().newStore<Noted>()
    for (const expected of [2 ** 53, 2 ** 64, -1, 0.5])
      await expect(store.append('s', [{ type: 'Noted' }], { expected })).rejects.toMatchObject({
        code: 'INVALID_EXPECTED',
      })
    const { pool } = server()
    await store.append('s', [{ type: 'Noted' }])
    await pool.query(`update ${schema}.stream set version = $1`, [Number.MAX_SAFE_INTEGER - 1])
    expect(await store.append('s', [{ type: 'Noted' }])).toMatchObject({ version: Number.MAX_SAFE_INTEGER })
    await expect(store.append('s', [{ type: 'Noted' }])).rejects.toMatchObject({ code: '23514' })
    await pool.query(`select setval('${schema}.event_position', $1)`, [Number.MAX_SAFE_INTEGER - 1])
    expect(await store.append('t', [{ type: 'Noted' }])).toMatchObject({ position: Number.MAX_SAFE_INTEGER })
    await expect(store.append('t', [{ type: 'Noted' }])).rejects.toMatchObject({
      code: 'POSITIONS_EXHAUSTED',
    })
  })

  test('settings of the server or the process that change how values are written change nothing', async () => {
    const options =
      '-c TimeZone=Asia/Kathmandu -c DateStyle=German,DMY -c extra_float_digits=0 -c default_transaction_isolation=serializable'
    const { schema, store } = await server().newStore<Noted>()
    const pool = server().newPool({ options, types: { getTypeParser: () => () => 'parsed elsewhere' } })
    const odd = server().open<Noted>({ schema, pool })
    await odd.append('s', [{ type: 'Noted', data: { n: 1 }, metadata: { userId: 'ann' } }])
    await odd.append('s', [{ type: 'Noted' }, { type: 'Noted' }], { expected: 1 })
    expect(await all(odd.read('s'))).toEqual(await all(store.read('s')))
    expect(await all(odd.readAll())).toEqual(await all(store.readAll()))
    const seen: number[] = []
    const subscription = await odd.subscribe({
      name: 'odd',
      handle: (events) => void seen.push(...events.map(({ version }) => version)),
    })
    await subscription.caughtUp()
    expect(seen).toEqual([1, 2, 3])
    await odd.close()
    await pool.end()
  })

  test('times in the hour that a change of summer time repeats or leaves out stay apart, also through an export', async () => {
    const { store, schema } = await server().newStore<Noted>()
    const times = [
      '2026-10-25T00:30:00.000Z',
      '2026-10-25T01:30:00.000Z',
      '2026-03-29T00:59:59.999Z',
      '2026-03-29T01:00:00.000Z',
    ]
    const { pool } = server()
    for (const [n, time] of times.entries()) {
      await store.append('s', [{ type: 'Noted', data: n }])
      await pool.query(`update ${schema}.event set created = $1 where version = ${n + 1}`, [time])
    }
    const berlin = server().newPool({ options: '-c TimeZone=Europe/Berlin' })
    const samoa = server().newPool({ options: '-c TimeZone=Pacific/Apia' })
    const written = await all(exportEvents(berlin, { schema }))
    const into = `${schema}_summer`
    await install(pool, { schema: into })
    await importEvents(samoa, Readable.from(written), { schema: into })
    const stores = [
      server().open<Noted>({ schema, pool: berlin }),
      server().open<Noted>({ schema: into, pool: samoa }),
    ]
    for (const each of stores) {
      expect((await all(each.read('s'))).map(({ created }) => created.toISOString())).toEqual(times)
      await each.close()
    }
    await berlin.end()
    await samoa.end()
  })

  test('a clock of the client that steps back changes no order', async () => {
    const { store } = await server().newStore<Noted>()
    const clock = vi.spyOn(Date, 'now')
    for (const [n, now] of [9e12, 5e12, 1].entries()) {
      clock.mockReturnValue(now)
      await store.append('s', [{ type: 'Noted', data: n }])
    }
    clock.mockRestore()
    expect((await all(store.readAll())).map(({ data }) => data)).toEqual([0, 1, 2])
  })

  test('without a free connection an append says so in time, and leaves the pool as it was', async () => {
    const { schema } = await server().newStore<Noted>()
    const pool = server().newPool({ max: 1 })
    const store = server().open<Noted>({ schema, pool, acquireMs: 100 })
    const held = await pool.connect()
    await expect(store.append('s', [{ type: 'Noted' }])).rejects.toMatchObject({ code: 'POOL_EXHAUSTED' })
    await expect(all(store.read('s'))).rejects.toMatchObject({ code: 'POOL_EXHAUSTED' })
    held.release()
    expect(await store.append('s', [{ type: 'Noted' }])).toMatchObject({ version: 1 })
    await store.close()
    await pool.end()
    const patient = server().newPool({ max: 1, connectionTimeoutMillis: 1500 })
    const other = server().open<Noted>({ schema, pool: patient })
    const busy = await patient.connect()
    await expect(other.append('s', [{ type: 'Noted' }])).rejects.toMatchObject({ code: 'POOL_EXHAUSTED' })
    busy.release()
    await other.close()
    await patient.end()
  })

  test('a server that is not there is named as such', async () => {
    const pool = server().newPool({ port: 1 })
    const store = server().open<Noted>({ pool })
    await expect(store.append('s', [{ type: 'Noted' }])).rejects.toMatchObject({ code: 'UNREACHABLE' })
    await store.close()
    await pool.end()
  })

  test('a closed store takes no more', async () => {
    const { store } = await server().newStore<Noted>()
    const last = store.append('s', [{ type: 'Noted' }])
    await store.close()
    expect(await last).toMatchObject({ version: 1 })
    await expect(store.append('s', [{ type: 'Noted' }])).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('without prepared statements all is the same', async () => {
    const { store } = await server().newStore<Noted>({ prepare: false, wakeUp: false })
    await store.append('s', [{ type: 'Noted', data: 1 }])
    await store.append('s', [{ type: 'Noted', data: 2 }, { type: 'Noted' }], { expected: 1 })
    expect(await all(store.read('s'))).toHaveLength(3)
  })

  test('a clock of the server that is set back changes neither the order nor what is delivered, and no lag is below zero', async () => {
    const { store, schema } = await server().newStore<Numbered>()
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
