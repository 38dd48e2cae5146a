import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers } from '../servers.testkit.ts'
import type { Expected } from './expected.ts'

type Noted = { type: 'Noted'; data: { n: number } } | { type: 'Ended' }

const noted = (n: number): Noted & { type: 'Noted' } => ({ type: 'Noted', data: { n } })

onServers('append', (server) => {
  test('what was appended is read back as it was, with where it is', async () => {
    const { store } = await server().newStore<Noted>()
    const before = Date.now()
    const metadata = {
      correlationId: 'c-1',
      causationId: 'k-1',
      userId: 'ann',
      traceparent: '00-a-b-01',
      tenant: 7,
    }
    const result = await store.append('account-1', [{ ...noted(1), metadata }, { type: 'Ended' }], {
      expected: 'none',
    })
    expect(result).toEqual({ stream: 'account-1', version: 2, position: 2, stored: true })
    const [first, second] = await all(store.read('account-1'))
    expect(first).toEqual({
      type: 'Noted',
      data: { n: 1 },
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      stream: 'account-1',
      version: 1,
      position: 1,
      created: expect.any(Date),
      schemaVersion: 1,
      metadata,
    })
    expect(Math.abs((first?.created.getTime() ?? 0) - before)).toBeLessThan(60_000)
    expect(second).toMatchObject({ type: 'Ended', data: undefined, version: 2, position: 2, metadata: {} })
  })

  // rows: what the stream has, columns: what is expected
  const accepted: readonly [events: number, expected: Expected, accepted: boolean][] = [
    [0, 'any', true],
    [0, 'none', true],
    [0, 'exists', false],
    [0, 0, true],
    [0, 1, false],
    [2, 'any', true],
    [2, 'none', false],
    [2, 'exists', true],
    [2, 0, false],
    [2, 1, false],
    [2, 2, true],
    [2, 3, false],
    [2, Number.MAX_SAFE_INTEGER, false],
  ]
  // one event goes another way through the server than several do
  test.each(accepted.flatMap((each) => [1, 2].map((added) => [...each, added] as const)))(
    'a stream with %i events, expected %s: accepted %s, with %i events',
    async (events, expected, isAccepted, added) => {
      const { store } = await server().newStore<Noted>({ schema: 'expected' })
      const stream = `stream ${events} ${String(expected)} ${added}`
      if (events > 0) await store.append(stream, [noted(1), noted(2)])
      const appending = store.append(
        stream,
        Array.from({ length: added }, (_, n) => noted(n)),
        { expected },
      )
      if (isAccepted) expect((await appending).version).toBe(events + added)
      else
        await expect(appending).rejects.toMatchObject({
          code: 'VERSION_CONFLICT',
          stream,
          expected,
          actual: events,
        })
      expect(await all(store.read(stream))).toHaveLength(events + (isAccepted ? added : 0))
    },
  )

  test('an append by hand that knows versions as numbers only accepts what it ought to refuse', async () => {
    const { pool } = server()
    await pool.query(`create table numbered (name text primary key, version int)`)
    const wrong: unknown[] = []
    for (const [index, [events, expected, isAccepted]] of accepted.entries()) {
      if (events > 0) await pool.query(`insert into numbered values ($1, $2)`, [`s${index}`, events])
      const { rowCount } = await pool.query(
        `insert into numbered as s values ($1, 1) on conflict (name)
         do update set version = s.version + 1 where $2::bigint is null or s.version = $2`,
        [`s${index}`, typeof expected === 'number' ? expected : null],
      )
      if ((rowCount === 1) !== isAccepted) wrong.push([events, expected])
    }
    expect(wrong).toEqual([
      [0, 'exists'],
      [0, 1],
      [2, 'none'],
    ])
  })

  test('8 writers racing on one stream: what was acknowledged is what is stored', async () => {
    const { schema } = await server().newStore<Noted>()
    const acknowledged: string[] = []
    let conflicts = 0
    const race = async (writer: number): Promise<void> => {
      // a store each, as processes have, so that nothing but the server orders them
      const store = server().open<Noted>({ schema })
      for (let n = 0; n < 40; n++) {
        const { version } = (await store.stream('race')) ?? { version: 0 }
        try {
          const result = await store.append('race', [noted(writer * 1000 + n)], { expected: version })
          acknowledged.push(`${result.version} ${writer * 1000 + n}`)
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'VERSION_CONFLICT' })
          conflicts++
        }
      }
    }
    await Promise.all(Array.from({ length: 8 }, (_, writer) => race(writer)))
    const stored = await all(server().open<Noted>({ schema }).read('race'))
    expect(conflicts).toBeGreaterThan(0)
    expect(stored.map(({ version }) => version)).toEqual(stored.map((_, index) => index + 1))
    expect(stored.map(({ version, data }) => `${version} ${(data as { n: number }).n}`).sort()).toEqual(
      acknowledged.sort(),
    )
  })

  test.each([
    ['without a constraint', 'version int', ''],
    ['that skips what is there', 'version int unique', 'on conflict do nothing'],
  ])(
    'the same race with an append by hand %s stores less than it acknowledges',
    async (_, column, otherwise) => {
      const { pool } = server()
      await pool.query(`drop table if exists by_hand; create table by_hand (${column}, n int)`)
      let acknowledged = 0
      const race = async (writer: number): Promise<void> => {
        for (let n = 0; n < 40; n++) {
          const { rows } = await pool.query<{ next: number }>(
            `select coalesce(max(version), 0) + 1 as next from by_hand`,
          )
          await pool.query(`insert into by_hand values ($1, $2) ${otherwise}`, [rows[0]?.next, writer])
          acknowledged++
        }
      }
      await Promise.all(Array.from({ length: 8 }, (_, writer) => race(writer)))
      // a version that two have is no version
      const { rows } = await pool.query<{ n: string }>(`select count(distinct version) as n from by_hand`)
      expect(Number(rows[0]?.n)).toBeLessThan(acknowledged)
    },
  )

  test('appends of one program to one stream keep the order in which they were made', async () => {
    const { store } = await server().newStore<Noted>()
    await Promise.all(
      Array.from({ length: 300 }, (_, n) => store.append(n % 3 === 0 ? 'a' : 'b', [noted(n)])),
    )
    for (const stream of ['a', 'b']) {
      const order = (await all(store.read(stream))).map(({ data }) => (data as { n: number }).n)
      expect(order).toEqual([...order].sort((a, b) => a - b))
    }
  })

  test('a batch over several streams has a result for each, and positions grow with versions', async () => {
    const { store } = await server().newStore<Noted>()
    await store.append('taken', [noted(0)])
    const results = await store.appendBatch([
      { stream: 'z', events: [noted(1), noted(2)], expected: 'none' },
      { stream: 'taken', events: [noted(3)], expected: 'none' },
      { stream: 'a', events: [noted(4)] },
      { stream: 'z', events: [noted(5)], expected: 2 },
    ])
    expect(results).toEqual([
      { ok: true, stream: 'z', version: 2, position: expect.any(Number), stored: true },
      { ok: false, stream: 'taken', error: expect.objectContaining({ code: 'VERSION_CONFLICT', actual: 1 }) },
      { ok: true, stream: 'a', version: 1, position: expect.any(Number), stored: true },
      { ok: true, stream: 'z', version: 3, position: expect.any(Number), stored: true },
    ])
    const z = await all(store.read('z'))
    expect(z.map(({ data }) => data)).toEqual([{ n: 1 }, { n: 2 }, { n: 5 }])
    expect(z.map(({ position }) => position)).toEqual(z.map(({ position }) => position).sort((a, b) => a - b))
    for (const [index, result] of results.entries()) {
      if (!result.ok) continue
      const last = (await all(store.read(result.stream))).find(({ version }) => version === result.version)
      expect(result.position, `append ${index}`).toBe(last?.position)
    }
  })

  test('a batch over several streams is one round trip: each alone, all or none, and with tags', async () => {
    const { schema } = await server().newStore<Noted>()
    const { pool, sent } = server().newSpiedPool()
    const spied = server().open<Noted>({ pool, schema })
    const batch = ['a', 'b', 'c'].map((stream) => ({ stream, events: [noted(1), noted(2)] }))
    await spied.appendBatch(batch)
    expect(sent).toHaveLength(1)
    await spied.appendBatch(batch, { atomic: true })
    expect(sent).toHaveLength(2)
    await spied.appendBatch(batch.map(({ stream }) => ({ stream, events: [{ ...noted(3), tags: ['t'] }] })))
    expect(sent).toHaveLength(3)
    await spied.close()
    await pool.end()
    expect(await all(server().open<Noted>({ schema }).readAll())).toHaveLength(15)
  })

  test('of an atomic batch all is stored or nothing', async () => {
    const { store } = await server().newStore<Noted>()
    await store.append('taken', [noted(0)])
    const refused = store.appendBatch(
      [
        { stream: 'new', events: [noted(1)] },
        { stream: 'taken', events: [noted(2)], expected: 'none' },
      ],
      { atomic: true },
    )
    await expect(refused).rejects.toMatchObject({
      code: 'BATCH_REFUSED',
      cause: { code: 'VERSION_CONFLICT', stream: 'taken', actual: 1 },
    })
    expect(await store.stream('new')).toBeUndefined()
    const stored = await store.appendBatch(
      [
        { stream: 'new', events: [noted(1)] },
        { stream: 'taken', events: [noted(2)], expected: 1 },
      ],
      { atomic: true },
    )
    expect(stored).toMatchObject([
      { ok: true, version: 1 },
      { ok: true, version: 2 },
    ])
  })
})
