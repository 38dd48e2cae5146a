import { expect, test } from 'vitest'
import { VersionConflict } from '../errors/version-conflict.ts'
import { onEveryServer, type StoreServer } from '../servers.testkit.ts'

/** Rows of the tables as `from..to value`, days only; history with a `-` before. */
async function rows(server: StoreServer, schema: string): Promise<string[]> {
  const day = (column: string): string => `to_char(${column}, 'YYYY-MM-DD')`
  const { rows: found } = await server.pool.query<{ text: string }>(
    `select concat(${day('valid_from')}, '..', ${day('valid_to')}, ' ', value) as text, 1 as part, valid_from
       from ${schema}.current_fact
     union all
     select concat('-', ${day('valid_from')}, '..', ${day('valid_to')}, ' ', value), 2, valid_from
       from ${schema}.fact_history order by part, valid_from, text`,
  )
  return found.map(({ text }) => text)
}

const year = (from: number, to?: number) => ({
  from: `${from}-01-01`,
  ...(to === undefined ? {} : { to: `${to}-01-01` }),
})

onEveryServer('changes', (server) => {
  test('assert splits what it lies in, and keeps what was known', async () => {
    const { store, schema } = await server().newStore<{ salary: number }>()
    const first = await store.assert('ann', 'salary', 1, year(2020, 2030))
    expect(first).toMatchObject({ changed: true, version: 1 })
    const second = await store.assert('ann', 'salary', 2, year(2023, 2025))
    expect(second).toMatchObject({ changed: true, version: 2 })
    expect(second.recordedAt > first.recordedAt).toBe(true)
    expect(await rows(server(), schema)).toEqual([
      '2020-01-01..2023-01-01 1',
      '2023-01-01..2025-01-01 2',
      '2025-01-01..2030-01-01 1',
      '-2020-01-01..2030-01-01 1',
    ])
    await store.assert('ann', 'salary', 3, year(2022, 2026))
    expect((await rows(server(), schema)).slice(0, 3)).toEqual([
      '2020-01-01..2022-01-01 1',
      '2022-01-01..2026-01-01 3',
      '2026-01-01..2030-01-01 1',
    ])
  })

  test('the same again changes nothing', async () => {
    const { store, schema } = await server().newStore()
    await store.assert('ann', 'x', { b: 1, a: [null] }, year(2020, 2030))
    const same = { changed: false, version: 1 }
    expect(await store.assert('ann', 'x', { a: [null], b: 1 }, year(2020, 2030))).toMatchObject(same)
    expect(await store.correct('ann', 'x', { a: [null], b: 1 }, year(2022, 2023))).toMatchObject(same)
    expect(await store.record('ann', 'x', { a: [null], b: 1 }, year(2020, 2030))).toMatchObject(same)
    expect(await store.supersede('ann', 'x', { a: [null], b: 1 }, { from: '2025-01-01' })).toMatchObject(same)
    expect(await rows(server(), schema)).toEqual(['2020-01-01..2030-01-01 {"a": [null], "b": 1}'])
  })

  test('record refuses what is known in part, and says what', async () => {
    const { store, schema } = await server().newStore()
    await store.record('ann', 'x', 1, year(2020, 2022))
    await store.record('ann', 'x', 2, year(2022, 2024))
    await expect(store.record('ann', 'x', 3, year(2023))).rejects.toMatchObject({
      code: 'ALREADY_KNOWN',
      message: expect.stringContaining('from 2022-01-01T00:00:00.000000Z to 2024-01-01'),
    })
    // touching is not overlapping
    await store.record('ann', 'x', 3, { from: '-infinity', to: '2020-01-01' })
    await store.record('ann', 'x', 4, year(2024))
    await expect(store.record('ann', 'x', 4, year(2025))).rejects.toMatchObject({ code: 'ALREADY_KNOWN' })
    expect(await rows(server(), schema)).toHaveLength(4)
  })

  test('correct, supersede and retract want something there', async () => {
    const { store, schema } = await server().newStore()
    const nothing = { code: 'NOTHING_KNOWN' }
    await expect(store.correct('ann', 'x', 1, year(2020))).rejects.toMatchObject(nothing)
    await store.record('ann', 'x', 1, year(2020, 2022))
    for (const period of [year(2022), year(2019, 2020)]) {
      await expect(store.correct('ann', 'x', 2, period)).rejects.toMatchObject(nothing)
      await expect(store.retract('ann', 'x', period)).rejects.toMatchObject(nothing)
      await expect(store.supersede('ann', 'x', 2, { from: period.from })).rejects.toMatchObject(nothing)
    }
    await store.supersede('ann', 'x', 2, { from: '2021-01-01' })
    expect(await rows(server(), schema)).toEqual([
      '2020-01-01..2021-01-01 1',
      '2021-01-01..2022-01-01 2',
      '-2020-01-01..2022-01-01 1',
    ])
    await store.retract('ann', 'x', { from: '-infinity' })
    expect((await rows(server(), schema)).every((row) => row.startsWith('-'))).toBe(true)
    await expect(store.retract('ann', 'x', { from: '-infinity' })).rejects.toMatchObject(nothing)
  })

  test('an expected version that is not the present one is a conflict with both', async () => {
    const { store } = await server().newStore()
    await expect(store.assert('ann', 'x', 1, { ...year(2020), expected: 1 })).rejects.toMatchObject({
      actual: 0,
    })
    await store.assert('ann', 'x', 1, { ...year(2020), expected: 0 })
    const conflict = store.assert('ann', 'x', 2, { ...year(2020), expected: 0 })
    await expect(conflict).rejects.toBeInstanceOf(VersionConflict)
    await expect(conflict).rejects.toMatchObject({ code: 'VERSION_CONFLICT', expected: 0, actual: 1 })
    expect(await store.retract('ann', 'x', { ...year(2020), expected: 1 })).toMatchObject({ version: 2 })
  })

  test('in the transaction of the caller: all or none, and a refusal leaves it as it was', async () => {
    const { store, schema } = await server().newStore()
    await server().pool.query(`create table ${schema}.note (n int)`)
    await store.transaction(async (client) => {
      await store.assert('ann', 'x', 1, { ...year(2020), client })
      await expect(store.record('ann', 'x', 2, { ...year(2021), client })).rejects.toMatchObject({
        code: 'ALREADY_KNOWN',
      })
      await client.query(`insert into ${schema}.note values (1)`)
    })
    const undone = store.transaction(async (client) => {
      await store.assert('ann', 'x', 3, { ...year(2020), client })
      await client.query(`insert into ${schema}.note values (2)`)
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    expect(await rows(server(), schema)).toEqual(['2020-01-01.. 1'])
    expect((await server().pool.query(`select n from ${schema}.note`)).rows).toEqual([{ n: 1 }])
  })

  test('two changes of a key in one transaction have times of their own, and a clock that steps back gives later ones', async () => {
    const { store, schema } = await server().newStore()
    const times: string[] = []
    await server().setClock(schema, `'2026-06-01 12:00Z'::timestamptz`)
    await store.transaction(async (client) => {
      for (const value of [1, 2])
        times.push((await store.assert('ann', 'x', value, { ...year(2020), client })).recordedAt)
    })
    await server().setClock(schema, `'2026-06-01 11:00Z'::timestamptz`)
    times.push((await store.retract('ann', 'x', year(2020))).recordedAt)
    times.push((await store.assert('ann', 'x', 3, year(2020))).recordedAt)
    await server().setClock(schema, `'2026-06-01 13:00Z'::timestamptz`)
    times.push((await store.assert('ann', 'x', 4, year(2020))).recordedAt)
    expect(times).toEqual([
      '2026-06-01T12:00:00.000000Z',
      '2026-06-01T12:00:00.000001Z',
      '2026-06-01T12:00:00.000002Z',
      '2026-06-01T12:00:00.000003Z',
      '2026-06-01T13:00:00.000000Z',
    ])
  })

  test('under REPEATABLE READ a change that was not seen is a clash, not overwritten', async () => {
    const { store } = await server().newStore()
    await store.assert('ann', 'x', 1, year(2020))
    const client = await server().pool.connect()
    await client.query('begin isolation level repeatable read')
    await client.query('select 1')
    await store.assert('ann', 'x', 2, year(2021))
    await expect(store.assert('ann', 'x', 3, { ...year(2022), client })).rejects.toMatchObject({
      code: 'TRANSACTION_CLASH',
    })
    await client.query('rollback')
    client.release()
  })
})
