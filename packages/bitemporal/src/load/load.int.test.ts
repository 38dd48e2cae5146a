import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onEveryServer } from '../servers.testkit.ts'
import type { NewFact } from './load-facts.ts'

interface Facts extends Record<string, unknown> {
  readonly x: unknown
  readonly y: unknown
}

const days = (n: number, length = 1): { from: string; to: string } => ({
  from: new Date(Date.UTC(2020, 0, 1 + n)).toISOString(),
  to: new Date(Date.UTC(2020, 0, 1 + n + length)).toISOString(),
})

onEveryServer('load', (server) => {
  test('stores what single records would have, over batches and in whatever order', async () => {
    const { store } = await server().newStore<Facts>()
    const { store: slow } = await server().newStore<Facts>()
    const values = [1, 'it\'s "quoted" \\ 😀', null, { a: [true, 0.1] }, '']
    const few = Array.from({ length: 40 }, (_, n) => ({
      subject: `s${n % 3}`,
      predicate: n % 2 ? ('x' as const) : ('y' as const),
      value: values[n % values.length],
      ...days((n * 7) % 40),
    }))
    few.push({
      subject: 's0',
      predicate: 'x',
      value: 'ever',
      from: '-infinity',
      to: '2019-12-31T23:59:59.999999Z',
    })
    few.push({
      subject: 's0',
      predicate: 'x',
      value: 'open',
      from: '2021-01-01T00:00:00.000001Z',
      to: 'infinity',
    })
    expect(await store.load(few)).toBe(42)
    for (const { subject, predicate, value, ...period } of few)
      await slow.record(subject, predicate, value, period)
    for (const predicate of ['x', 'y'] as const)
      for (const subject of ['s0', 's1', 's2']) {
        const told = async (each: typeof store): Promise<unknown> =>
          (await each.timeline(subject, predicate, { coalesce: false })).map(({ value, valid }) => ({
            value,
            valid,
          }))
        expect(await told(store)).toEqual(await told(slow))
      }
  })

  test('takes a stream of more than a batch, all or none, and goes on from what is there', async () => {
    const { store, schema } = await server().newStore<Facts>()
    async function* facts(upTo: number): AsyncGenerator<NewFact<Facts>> {
      for (let n = 0; n < upTo; n++)
        yield { subject: `s${n % 700}`, predicate: 'x', value: n, ...days(Math.floor(n / 700)) }
    }
    const { recordedAt } = await store.record('s5', 'x', 'before', { from: '2019-01-01', to: '2020-01-01' })
    expect(await store.load(facts(25_000))).toBe(25_000)
    expect(
      (await all(store.facts('x', { validAt: days(3).from })))
        .map(({ value }) => Number(value))
        .sort((a, b) => a - b),
    ).toEqual(Array.from({ length: 700 }, (_, n) => 2100 + n))
    const history = await store.history('s5', 'x')
    expect(history).toHaveLength(36 + 1)
    expect(history.every(({ recorded }, nth) => nth === 0 || recorded.from > recordedAt)).toBe(true)
    const count = async (): Promise<unknown> =>
      (await server().pool.query(`select count(*) from ${schema}.current_fact`)).rows
    const before = await count()
    async function* failing(): AsyncGenerator<NewFact<Facts>> {
      for (let n = 0; n < 15_000; n++) yield { subject: `t${n}`, predicate: 'x', value: n, ...days(1) }
      throw new Error('the source broke')
    }
    await expect(store.load(failing())).rejects.toThrow('the source broke')
    expect(await count()).toEqual(before)
  })

  test.each([
    ['within the load', [days(0, 10), days(5)]],
    ['with the same beginning', [days(0, 10), days(0)]],
    ['with what is known', [days(105)]],
  ] as const)('an overlap %s is refused, and nothing is stored', async (_, periods) => {
    const { store } = await server().newStore<Facts>()
    await store.record('s', 'x', 0, days(100, 10))
    const facts = periods.map((period, value) => ({
      subject: 's',
      predicate: 'x' as const,
      value,
      ...period,
    }))
    const loading = store.load([...facts, { subject: 'other', predicate: 'x', value: 1, ...days(0) }])
    await expect(loading).rejects.toMatchObject({ code: 'ALREADY_KNOWN' })
    expect(await store.timeline('s', 'x')).toHaveLength(1)
    expect(await store.version('other', 'x')).toBe(0)
  })

  test('bad facts are refused as elsewhere, and nothing at all is nothing', async () => {
    const { store } = await server().newStore<Facts>()
    const good = { subject: 's', predicate: 'x' as const, value: 1, from: '2020-01-01' }
    expect(await store.load([])).toBe(0)
    for (const [bad, code] of [
      [{ ...good, subject: 'a\0b' }, 'INVALID_KEY'],
      [{ ...good, value: '\0' }, 'INVALID_VALUE'],
      [{ ...good, from: '2020-01-01T00:00' }, 'INVALID_TIME'],
      [{ ...good, to: '2019-01-01' }, 'INVALID_PERIOD'],
    ] as const)
      await expect(store.load([bad])).rejects.toMatchObject({ code })
  })

  test('beside writers of the same keys: each key has one order, and loads of the same keys do not overlap', async () => {
    const { store, schema } = await server().newStore<Facts>()
    const keys = Array.from({ length: 50 }, (_, n) => `s${n}`)
    const loads = [0, 1, 2].map((nth) =>
      store.load(
        (nth % 2 ? keys : [...keys].reverse()).map((subject) => ({
          subject,
          predicate: 'x' as const,
          value: nth,
          ...days(nth, 3),
        })),
      ),
    )
    const writes = keys.map((subject) => store.assert(subject, 'x', 'written', days(20)))
    const done = await Promise.allSettled(loads)
    await Promise.all(writes)
    expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const each of done)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'ALREADY_KNOWN' })
    const { rows } = await server().pool.query(`select distinct version from ${schema}.fact_key`)
    expect(rows).toEqual([{ version: '2' }])
  })
})
