import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onTimescale } from '../servers.testkit.ts'
import { exportFacts } from '../text/export-facts.ts'
import { importFacts } from '../text/import-facts.ts'
import { chunkStatement, compressionSettings, policyStatement } from './compression.ts'

const invalid = { code: 'INVALID_OPTION' }

onTimescale('a hypertable', (server) => {
  test('begins chunks at the interval that was set, and has none made by hand', async () => {
    const { store, schema } = await server().newStore<{ x: number }>()
    const { partitions } = store
    expect(await partitions.list()).toEqual([])
    const change = async (now: string, x: number): Promise<void> => {
      await server().setClock(schema, `'${now}'::timestamptz`)
      await store.assert('s', 'x', x, { from: '2026-01-01' })
    }
    await change('2026-01-01Z', 0)
    for (const [every, days] of [
      ['day', 1],
      ['month', 30],
      ['year', 365],
    ] as const) {
      expect(await partitions.prepare({ every })).toEqual([])
      await change(`${2026 + days}-06-01Z`, days)
      const { recorded, bytes } = (await partitions.list()).at(-1) ?? {}
      expect(Date.parse(recorded?.to ?? '') - Date.parse(recorded?.from ?? '')).toBe(days * 86_400_000)
      expect(bytes).toBeGreaterThan(8192)
    }
    expect(await partitions.list()).toHaveLength(3)
    await expect(partitions.create({ from: '2030-01-01' })).rejects.toMatchObject({
      ...invalid,
      mend: expect.stringMatching(/prepare/) as string,
    })
    await expect(partitions.prepare({ every: 'day', ahead: -1 })).rejects.toMatchObject(invalid)
  })

  test('holds what was known at the ends of time', async () => {
    const { schema } = await server().newStore()
    const { store: copy, schema: other } = await server().newStore()
    await server().pool.query(
      `insert into ${schema}.fact_key (predicate, subject, version, recorded_at) values ('x', 's', 2, '9999-12-31 23:59:59Z');
         insert into ${schema}.fact_history
           select id, '-infinity', 'infinity', '-infinity', '0001-01-01Z', '1' from ${schema}.fact_key;
         insert into ${schema}.fact_history
           select id, '-infinity', 'infinity', '0001-01-01Z', '9999-12-31 23:59:59Z', '2' from ${schema}.fact_key`,
    )
    const lines = await all(exportFacts(server().pool, { schema }))
    await importFacts(server().pool, lines, { schema: other })
    expect((await copy.history('s', 'x')).map(({ value }) => value)).toEqual([1, 2])
    expect((await copy.partitions.list()).map(({ recorded }) => recorded)).toMatchObject([
      { from: '-infinity', to: '0001-01-03T00:00:00.000000Z' },
      { to: 'infinity' },
    ])
  })

  test('of a build under the Apache license has neither compression nor policies, and says so', async () => {
    const { store, schema } = await server().newStore()
    await expect(store.partitions.compactAfter(30)).rejects.toMatchObject({
      ...invalid,
      detail: expect.stringMatching(/apache license/) as string,
    })
    await expect(store.partitions.compactAfter(-1)).rejects.toMatchObject(invalid)
    // names and arguments are looked at before the license, so what the other license would run is as TimescaleDB has it
    const table = `${schema}.fact_history`
    const refusal = { code: '0A000', message: expect.stringMatching(/"apache" license/) as string }
    const { pool } = server()
    await expect(pool.query(compressionSettings(table))).rejects.toMatchObject(refusal)
    await expect(
      pool.query(chunkStatement({ schema: 'public', license: 'timescale' }), [table]),
    ).rejects.toMatchObject(refusal)
    await expect(pool.query(policyStatement({ schema: 'public' }), [table, '30 days'])).rejects.toMatchObject(
      refusal,
    )
  })
})
