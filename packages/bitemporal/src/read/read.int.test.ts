import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onEveryServer } from '../servers.testkit.ts'

interface Staff extends Record<string, unknown> {
  readonly salary: number
  readonly city: string
}

onEveryServer('queries', (server) => {
  test('now, as of valid time, as of recorded time, and both', async () => {
    const { store, schema } = await server().newStore<Staff>()
    const at = (time: string): Promise<void> => server().setClock(schema, `'${time}'::timestamptz`)
    await at('2026-01-10Z')
    await store.record('ann', 'salary', 100, { from: '2026-01-01' })
    await at('2026-03-10Z')
    // learned in March that it was more from February on
    await store.supersede('ann', 'salary', 120, { from: '2026-02-01' })
    expect(await store.get('ann', 'salary')).toEqual({
      subject: 'ann',
      predicate: 'salary',
      value: 120,
      valid: { from: '2026-02-01T00:00:00.000000Z', to: 'infinity' },
      recordedAt: '2026-03-10T00:00:00.000000Z',
      version: 2,
    })
    expect(await store.get('ann', 'salary', { validAt: '2026-01-15' })).toMatchObject({ value: 100 })
    expect(await store.get('ann', 'salary', { recordedAt: '2026-03-01' })).toMatchObject({ value: 100 })
    expect(
      await store.get('ann', 'salary', { validAt: '2026-02-15', recordedAt: '2026-03-01' }),
    ).toMatchObject({
      value: 100,
      valid: { to: 'infinity' },
    })
    expect(await store.get('ann', 'salary', { recordedAt: '2026-01-09' })).toBeUndefined()
    expect(await store.get('ann', 'salary', { validAt: '2025-12-31' })).toBeUndefined()
    expect(await store.get('bob', 'salary')).toBeUndefined()
    expect([await store.version('ann', 'salary'), await store.version('bob', 'salary')]).toEqual([2, 0])
  })

  test('now is the clock of the server, and what is known now is known whatever the clock says', async () => {
    const { store, schema } = await server().newStore<Staff>()
    await server().setClock(schema, `'2026-06-01Z'::timestamptz`)
    await store.record('ann', 'city', 'Ulm', { from: '2026-01-01', to: '2026-05-31' })
    await store.record('ann', 'city', 'Graz', { from: '2026-05-31' })
    await store.correct('ann', 'city', 'Bern', { from: '2026-05-31' })
    await server().setClock(schema, `'2026-05-30Z'::timestamptz`)
    expect(await store.get('ann', 'city')).toMatchObject({ value: 'Ulm' })
    expect((await all(store.facts('city'))).map(({ value }) => value)).toEqual(['Ulm'])
    expect((await store.about('ann')).map(({ value }) => value)).toEqual(['Ulm'])
    await server().setClock(schema, `'2026-06-01Z'::timestamptz`)
    expect(await store.get('ann', 'city')).toMatchObject({ value: 'Bern' })
  })

  test('all of a subject, and all of a predicate over pages, also where a page has no fact', async () => {
    const { store } = await server().newStore<Staff>()
    const early = { from: '2020-01-01', to: '2021-01-01' }
    for (let n = 0; n < 25; n++)
      await store.record(
        `s${String(n).padStart(2, '0')}`,
        'salary',
        n,
        n > 4 && n < 12 ? early : { from: '2021-01-01' },
      )
    await store.record('s00', 'city', 'Ulm', { from: '2021-01-01' })
    const recorded = (await store.record('s01', 'city', 'Ulm', { from: '2021-01-01' })).recordedAt
    await store.retract('s20', 'salary', { from: '-infinity' })
    expect((await store.about('s00')).map(({ predicate, value }) => [predicate, value])).toEqual([
      ['city', 'Ulm'],
      ['salary', 0],
    ])
    for (const pageSize of [1, 3, 25, 1000]) {
      const late = await all(store.facts('salary', { pageSize }))
      expect(late.map(({ value }) => value)).toEqual([
        0, 1, 2, 3, 4, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23, 24,
      ])
      const before = await all(store.facts('salary', { pageSize, recordedAt: recorded }))
      expect(before.map(({ value }) => value)).toContain(20)
      const first = await all(store.facts('salary', { pageSize, validAt: '2020-06-01' }))
      expect(first.map(({ value }) => value)).toEqual([5, 6, 7, 8, 9, 10, 11])
    }
  })

  test('a timeline joins neighbours of the same value, and is cut to the period', async () => {
    const { store } = await server().newStore<Staff>()
    for (const [year, value] of [1, 1, 2, 2, 1].entries())
      await store.record('ann', 'salary', value, { from: `202${year}-01-01`, to: `202${year + 1}-01-01` })
    const years = (timeline: readonly { value: number; valid: { from: string; to: string } }[]): unknown[] =>
      timeline.map(({ value, valid }) => [value, valid.from.slice(0, 10), valid.to.slice(0, 10)])
    expect(years(await store.timeline('ann', 'salary'))).toEqual([
      [1, '2020-01-01', '2022-01-01'],
      [2, '2022-01-01', '2024-01-01'],
      [1, '2024-01-01', '2025-01-01'],
    ])
    expect(years(await store.timeline('ann', 'salary', { from: '2021-06-01', to: '2022-06-01' }))).toEqual([
      [1, '2021-06-01', '2022-01-01'],
      [2, '2022-01-01', '2022-06-01'],
    ])
    expect(await store.timeline('ann', 'salary', { coalesce: false })).toHaveLength(5)
    expect(await store.timeline('ann', 'city')).toEqual([])
  })

  test('changes between two recorded times, of all keys or some, none twice and none lost at the end of a page', async () => {
    const { store } = await server().newStore<Staff>()
    const { recordedAt: after } = await store.record('ann', 'salary', 1, { from: '2020-01-01' })
    await store.record('ann', 'city', 'Ulm', { from: '2020-01-01' })
    await store.record('bob', 'city', 'Ulm', { from: '2020-01-01' })
    const { recordedAt: upTo } = await store.supersede('ann', 'salary', 2, { from: '2021-01-01' })
    await store.retract('bob', 'city', { from: '2022-01-01' })
    const seen = await all(store.changes({ after, upTo }))
    expect(seen.map(({ subject, predicate }) => `${subject} ${predicate}`)).toEqual([
      'ann city',
      'bob city',
      'ann salary',
    ])
    expect(seen.at(-1)).toEqual({
      subject: 'ann',
      predicate: 'salary',
      recordedAt: upTo,
      removed: [{ value: 1, valid: { from: '2020-01-01T00:00:00.000000Z', to: 'infinity' } }],
      added: [
        { value: 1, valid: { from: '2020-01-01T00:00:00.000000Z', to: '2021-01-01T00:00:00.000000Z' } },
        { value: 2, valid: { from: '2021-01-01T00:00:00.000000Z', to: 'infinity' } },
      ],
    })
    for (const pageSize of [1, 2, 3, 4]) {
      expect(await all(store.changes({ after, upTo, pageSize }))).toEqual(seen)
      expect(await all(store.changes({ after: '-infinity', pageSize }))).toHaveLength(5)
    }
    expect(await all(store.changes({ after, subject: 'bob' }))).toHaveLength(2)
    expect(await all(store.changes({ after, predicate: 'salary' }))).toHaveLength(1)
    expect(await all(store.changes({ after: upTo, upTo: after }))).toEqual([])
  })
})
