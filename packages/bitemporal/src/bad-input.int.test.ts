import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers } from './servers.testkit.ts'

const period = { from: '2026-01-01' }

onServers('bad input', (server) => {
  test('values that JSON or jsonb cannot hold are refused before anything is sent', async () => {
    const { store } = await server().newStore()
    const circle: Record<string, unknown> = {}
    circle.self = circle
    for (const value of [undefined, () => 1, 1n, circle, 'a\0b', { '\ud800': 1 }, ['\udc00']])
      await expect(store.assert('s', 'p', value, period)).rejects.toMatchObject({ code: 'INVALID_VALUE' })
    expect(await store.version('s', 'p')).toBe(0)
  })

  test.each([
    null,
    false,
    0,
    '',
    'it\'s "quoted" \\u0000 and \\\\',
    '😀-漢-ä',
    [],
    {},
    1e308,
    -0.1,
    { nested: [{ deep: null }] },
    'x'.repeat(1_000_000),
  ])('the value %j comes back as it was', async (value) => {
    const { store } = await server().newStore({ schema: 'kept' })
    await store.assert('s', 'p', value, period)
    expect((await store.get('s', 'p'))?.value).toEqual(value)
    const [fact] = (await store.history('s', 'p')).slice(-1)
    expect(fact?.value).toEqual(value)
  })

  test.each([
    'it\'s "quoted"',
    '😀-漢-ä',
    ' blank ',
    "'; drop table fact_key; --",
    '\\',
    '{a,"b"}',
    '%',
    'x'.repeat(256),
    '漢'.repeat(256),
  ])('a subject or predicate named %s is one like any other', async (name) => {
    const { store } = await server().newStore({ schema: 'names' })
    await store.assert(name, name, 1, period)
    await store.assert(name, name, 2, period)
    expect(await store.get(name, name)).toMatchObject({ subject: name, predicate: name, value: 2 })
    expect((await store.about(name)).map(({ predicate }) => predicate)).toEqual([name])
    expect((await all(store.facts(name))).map(({ subject }) => subject)).toEqual([name])
    expect(await all(store.changes({ after: '-infinity', subject: name, predicate: name }))).toHaveLength(2)
  })

  test.each(['', 'a\0b', '\ud800', 'x'.repeat(257), 7 as never])(
    'a subject or predicate named %j is refused everywhere',
    async (name) => {
      const { store } = await server().newStore({ schema: 'names' })
      for (const use of [
        () => store.assert(name, 'p', 1, period),
        () => store.assert('s', name, 1, period),
        () => store.retract(name, 'p', period),
        () => store.get(name, 'p'),
        () => store.version('s', name),
        () => store.about(name),
        () => all(store.facts(name)),
        () => store.timeline('s', name),
        () => store.history(name, 'p'),
        () => all(store.changes({ after: '-infinity', subject: name })),
      ])
        await expect(use()).rejects.toMatchObject({ code: 'INVALID_KEY' })
    },
  )

  test('reversed and empty periods are refused, also by the server for whoever calls its function', async () => {
    const { store, schema } = await server().newStore()
    for (const [from, to] of [
      ['2026-01-02', '2026-01-01'],
      ['2026-01-01', '2026-01-01'],
      ['infinity', 'infinity'],
      ['infinity', '-infinity'],
    ] as const) {
      await expect(store.assert('s', 'p', 1, { from, to })).rejects.toMatchObject({ code: 'INVALID_PERIOD' })
      await expect(store.timeline('s', 'p', { from, to })).rejects.toMatchObject({ code: 'INVALID_PERIOD' })
      const direct = server().pool.query(`select ${schema}.change('s', 'p', 'a', $1, $2, '1', null)`, [
        from,
        to,
      ])
      await expect(direct).rejects.toMatchObject({ code: '22000' })
    }
    await expect(store.supersede('s', 'p', 1, { from: 'infinity' })).rejects.toMatchObject({
      code: 'INVALID_PERIOD',
    })
  })

  test('infinite periods are cut and joined like others', async () => {
    const { store } = await server().newStore()
    await store.assert('s', 'p', 1, { from: '-infinity' })
    await store.assert('s', 'p', 2, { from: '2026-01-01' })
    await store.assert('s', 'p', 3, { from: '-infinity', to: '2020-01-01' })
    expect((await store.timeline('s', 'p')).map(({ value, valid }) => [value, valid.from, valid.to])).toEqual(
      [
        [3, '-infinity', '2020-01-01T00:00:00.000000Z'],
        [1, '2020-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z'],
        [2, '2026-01-01T00:00:00.000000Z', 'infinity'],
      ],
    )
    expect(await store.get('s', 'p', { validAt: '0001-01-01' })).toMatchObject({ value: 3 })
    expect(await store.get('s', 'p', { validAt: '-infinity' })).toMatchObject({ value: 3 })
    expect(await store.get('s', 'p', { validAt: '9999-12-31' })).toMatchObject({ value: 2 })
    // there is no last moment
    expect(await store.get('s', 'p', { validAt: 'infinity' })).toBeUndefined()
  })

  test('times with offsets are the same instant; an hour that summer time skips or repeats needs its offset', async () => {
    const { store } = await server().newStore()
    // Vienna, 2026-10-25: 02:30 is twice, first at +02:00, then at +01:00
    await store.record('s', 'p', 'summer', {
      from: '2026-10-25T02:30:00+02:00',
      to: '2026-10-25T02:30:00+01:00',
    })
    await store.record('s', 'p', 'winter', { from: '2026-10-25T02:30:00+01:00' })
    expect(await store.get('s', 'p', { validAt: '2026-10-25T00:30:00Z' })).toMatchObject({ value: 'summer' })
    expect(await store.get('s', 'p', { validAt: new Date('2026-10-25T01:29:59.999Z') })).toMatchObject({
      value: 'summer',
    })
    expect(await store.get('s', 'p', { validAt: '2026-10-24T20:30:00-05:00' })).toMatchObject({
      value: 'winter',
    })
    for (const use of [
      () => store.record('s', 'q', 1, { from: '2026-03-29T02:30:00' }),
      () => store.get('s', 'p', { validAt: '2026-10-25T02:30:00' }),
      () => store.get('s', 'p', { recordedAt: '2026-10-25T02:30' }),
      () => store.timeline('s', 'p', { to: 'tomorrow' }),
      () => all(store.changes({ after: '2026-02-30' })),
    ])
      await expect(use()).rejects.toMatchObject({ code: 'INVALID_TIME' })
  })

  test('settings of the server or the process that change how values are written change nothing', async () => {
    const { store, schema } = await server().newStore()
    const options =
      '-c TimeZone=America/St_Johns -c DateStyle=German,DMY -c extra_float_digits=0 -c default_transaction_isolation=serializable'
    const pool = server().newPool({ options, types: { getTypeParser: () => () => 'parsed elsewhere' } })
    const odd = server().open({ schema, pool })
    await odd.assert('s', 'p', { n: 0.1 }, { from: '2026-03-04T05:06:07.123456Z', to: '2027-01-02' })
    await odd.supersede('s', 'p', 1, { from: '2026-05-06' })
    const asOf = { validAt: '2026-03-05' }
    expect(await odd.get('s', 'p', asOf)).toEqual(await store.get('s', 'p', asOf))
    expect(await odd.get('s', 'p', asOf)).toMatchObject({
      value: { n: 0.1 },
      valid: { from: '2026-03-04T05:06:07.123456Z', to: '2026-05-06T00:00:00.000000Z' },
    })
    expect(await odd.history('s', 'p')).toEqual(await store.history('s', 'p'))
    const changes = { after: '-infinity' }
    expect(await all(odd.changes(changes))).toEqual(await all(store.changes(changes)))
    await pool.end()
  })

  test('versions that can never be are refused', async () => {
    const { store } = await server().newStore()
    for (const expected of [-1, 0.5, 2 ** 53, Number.NaN, '1' as never])
      await expect(store.assert('s', 'p', 1, { ...period, expected })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      })
    for (const pageSize of [0, -1, 1.5, 1e9])
      await expect(all(store.facts('p', { pageSize }))).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  test('without a free connection a call says so in time, and leaves the pool as it was', async () => {
    const { schema } = await server().newStore()
    const pool = server().newPool({ max: 1 })
    const store = server().open({ schema, pool, acquireMs: 100 })
    const held = await pool.connect()
    await expect(store.assert('s', 'p', 1, period)).rejects.toMatchObject({ code: 'POOL_EXHAUSTED' })
    await expect(store.get('s', 'p')).rejects.toMatchObject({ code: 'POOL_EXHAUSTED' })
    await expect(all(store.facts('p'))).rejects.toMatchObject({ code: 'POOL_EXHAUSTED' })
    // with the client that is held it needs no other
    expect(await store.assert('s', 'p', 1, { ...period, client: held })).toMatchObject({ version: 1 })
    held.release()
    expect(await store.get('s', 'p')).toMatchObject({ value: 1 })
    await pool.end()
  })

  test('a server that is not there is named as such', async () => {
    const pool = server().newPool({ port: 1 })
    await expect(server().open({ pool }).get('s', 'p')).rejects.toMatchObject({ code: 'UNREACHABLE' })
    await pool.end()
  })

  test('without prepared statements all is the same', async () => {
    const { store } = await server().newStore({ prepare: false })
    await store.assert('s', 'p', 1, period)
    await store.supersede('s', 'p', 2, { from: '2026-02-01' })
    expect(await store.get('s', 'p', { validAt: '2026-03-01' })).toMatchObject({ value: 2 })
    expect(await all(store.facts('p', { validAt: '2026-01-01', pageSize: 1 }))).toHaveLength(1)
  })
})
