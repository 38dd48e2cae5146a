import { expect, test } from 'vitest'
import { onServers } from '../servers.testkit.ts'
import { guardOverlap } from './guard-overlap.ts'

onServers('guardOverlap', (server) => {
  test('has the server refuse what overlaps, whoever writes it, and lets every change through', async () => {
    const { store, schema } = await server().newStore<{ x: number }>()
    const { pool } = server()
    await guardOverlap(pool, { schema })
    await guardOverlap(pool, { schema })
    await store.record('s', 'x', 1, { from: '2020-01-01', to: '2030-01-01' })
    await store.assert('s', 'x', 2, { from: '2022-01-01', to: '2024-01-01' })
    await store.assert('s', 'x', 3, { from: '2021-01-01', to: '2025-01-01' })
    await store.assert('s', 'x', 4, { from: '-infinity', to: '2020-06-01' })
    await store.supersede('s', 'x', 5, { from: '2028-01-01' })
    await store.retract('s', 'x', { from: '2021-06-01', to: '2021-07-01' })
    await store.load([{ subject: 's', predicate: 'x', value: 6, from: '2030-01-01' }])
    expect((await store.timeline('s', 'x')).map(({ value }) => value)).toEqual([4, 1, 3, 3, 1, 5, 6])
    const foreign = `insert into ${schema}.current_fact (key_id, valid_from, valid_to, recorded_from, value)
      select key_id, '2023-01-01Z', '2023-02-01Z', now(), '7' from ${schema}.current_fact limit 1`
    await expect(pool.query(foreign)).rejects.toMatchObject({ code: '23P01' })
    await expect(
      store.load([{ subject: 's', predicate: 'x', value: 7, from: '2023-01-01', to: '2023-02-01' }]),
    ).rejects.toMatchObject({ code: 'OVERLAP' })
  })

  test('refuses to begin over what overlaps already', async () => {
    const { store, schema } = await server().newStore<{ x: number }>()
    await store.record('s', 'x', 1, { from: '2020-01-01' })
    await server().pool.query(`insert into ${schema}.current_fact
      select key_id, '2021-01-01Z', valid_to, recorded_from, value from ${schema}.current_fact`)
    await expect(guardOverlap(server().pool, { schema })).rejects.toMatchObject({ code: 'OVERLAP' })
  })
})
