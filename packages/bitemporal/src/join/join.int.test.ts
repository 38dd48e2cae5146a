import fc from 'fast-check'
import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers } from '../servers.testkit.ts'

interface Staff extends Record<string, unknown> {
  readonly salary: number
  readonly team: string
  readonly lead: string
}

const year = (from: number, to?: number) => ({
  from: `${from}-01-01`,
  ...(to === undefined ? {} : { to: `${to}-01-01` }),
})

onServers('joins', (server) => {
  test('at a point: by the subject, and by the subject that a value names', async () => {
    const { store } = await server().newStore<Staff>()
    await store.record('ann', 'salary', 100, year(2020))
    await store.record('ann', 'team', 'red', year(2021))
    await store.record('bob', 'salary', 90, year(2020, 2022))
    await store.record('bob', 'team', 'red', year(2020))
    await store.record('cyd', 'team', 'blue', year(2020))
    await store.record('red', 'lead', 'ann', year(2022))
    const { recordedAt } = await store.record('blue', 'lead', 'cyd', year(2020, 2023))
    await store.correct('blue', 'lead', 'bob', year(2020, 2023))
    const told = async (...args: Parameters<typeof store.join>): Promise<unknown[]> =>
      (await all(store.join(...args))).map(({ left, right }) => [left.subject, left.value, right.value])
    expect(await told('team', 'salary', { validAt: '2021-06-01' })).toEqual([
      ['ann', 'red', 100],
      ['bob', 'red', 90],
    ])
    expect(await told('team', 'salary', { validAt: '2020-06-01' })).toEqual([['bob', 'red', 90]])
    expect(await told('team', 'salary')).toEqual([['ann', 'red', 100]])
    const leads = { on: 'reference', validAt: '2022-06-01' } as const
    expect(await told('team', 'lead', leads)).toEqual([
      ['ann', 'red', 'ann'],
      ['bob', 'red', 'ann'],
      ['cyd', 'blue', 'bob'],
    ])
    expect((await told('team', 'lead', { ...leads, recordedAt })).at(-1)).toEqual(['cyd', 'blue', 'cyd'])
    for (const pageSize of [1, 2, 3])
      expect(await told('team', 'lead', { ...leads, pageSize })).toHaveLength(3)
  })

  test('during a period: the times when both hold, cut to it', async () => {
    const { store } = await server().newStore<Staff>()
    await store.record('ann', 'salary', 100, year(2020, 2022))
    await store.record('ann', 'salary', 120, year(2022, 2025))
    await store.record('ann', 'team', 'red', year(2021, 2023))
    await store.record('ann', 'team', 'blue', year(2024))
    const joined = await all(
      store.join('salary', 'team', { during: { from: '2021-07-01', to: '2024-07-01' } }),
    )
    expect(
      joined.map(({ left, right, valid }) => [
        left.value,
        right.value,
        valid.from.slice(0, 10),
        valid.to.slice(0, 10),
      ]),
    ).toEqual([
      [100, 'red', '2021-07-01', '2022-01-01'],
      [120, 'red', '2022-01-01', '2023-01-01'],
      [120, 'blue', '2024-01-01', '2024-07-01'],
    ])
    expect(joined[0]?.left.valid.from.slice(0, 4)).toBe('2020')
    await expect(all(store.join('salary', 'team', { during: year(2022, 2021) }))).rejects.toMatchObject({
      code: 'INVALID_PERIOD',
    })
  })

  test('during a period is at each point what a join at this point says', async () => {
    const { store } = await server().newStore<Staff>()
    let runs = 0
    const facts = fc.array(
      fc.record({
        predicate: fc.constantFrom('salary' as const, 'team' as const),
        begin: fc.integer({ min: 0, max: 8 }),
        length: fc.integer({ min: 1, max: 4 }),
        value: fc.integer({ min: 0, max: 2 }),
      }),
      { minLength: 1, maxLength: 10 },
    )
    await fc.assert(
      fc.asyncProperty(facts, async (history) => {
        const subject = `r${++runs}`
        const times: string[] = []
        for (const { predicate, begin, length, value } of history) {
          const period = year(2010 + begin, 2010 + begin + length)
          times.push(
            (await store.assert(subject, predicate, predicate === 'team' ? String(value) : value, period))
              .recordedAt,
          )
        }
        for (const recordedAt of times) {
          const over = (
            await all(store.join('salary', 'team', { during: { from: '-infinity' }, recordedAt }))
          ).filter(({ left }) => left.subject === subject)
          for (const { valid } of over) expect(valid.from < valid.to).toBe(true)
          for (let y = 2010; y < 2023; y++) {
            const validAt = `${y}-01-01T00:00:00.000000Z`
            const found = over.filter(({ valid }) => valid.from <= validAt && valid.to > validAt)
            const [salary, team] = [
              await store.get(subject, 'salary', { validAt, recordedAt }),
              await store.get(subject, 'team', { validAt, recordedAt }),
            ]
            expect(found.map(({ left, right }) => [left.value, right.value])).toEqual(
              salary && team ? [[salary.value, team.value]] : [],
            )
          }
        }
      }),
      { numRuns: 15 },
    )
  })
})
