import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { unprivilegedAccount } from '@pgherd/testbed/unprivileged.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cellCount, cuts, GridModel, type Grid } from '../grid-model.testkit.ts'
import { onEveryServer } from '../servers.testkit.ts'
import { toInstant } from '../time/instant.ts'
import type { HistoryPartition } from './history-partitions.ts'

interface Facts extends Record<string, unknown> {
  readonly x: number
}

onEveryServer('partitions of the history', (server) => {
  test('of the calendar: made ahead, once, and found again; what had none is moved into its own', async () => {
    const { store, schema } = await server().newStore<Facts>({ storage: 'partitions' })
    await server().setClock(schema, `'2026-11-29 12:00Z'::timestamptz`)
    await store.record('s', 'x', 1, { from: '2026-01-01' })
    await store.correct('s', 'x', 2, { from: '2026-01-01' })
    const months = [
      'fact_history_20261101_20261201',
      'fact_history_20261201_20270101',
      'fact_history_20270101_20270201',
    ]
    expect(await store.partitions.prepare({ every: 'month' })).toEqual(months)
    expect(await store.partitions.prepare({ every: 'month' })).toEqual([])
    const list = await store.partitions.list()
    expect(list.map(({ name }) => name)).toEqual([...months, 'fact_history_default'])
    expect(list[0]).toMatchObject({
      recorded: { from: '2026-11-01T00:00:00.000000Z', to: '2026-12-01T00:00:00.000000Z' },
    })
    await store.correct('s', 'x', 3, { from: '2026-01-01' })
    const rows = async (table: string): Promise<unknown> =>
      (await server().pool.query(`select value from ${schema}.${table} order by value`)).rows
    expect(await rows('fact_history_default')).toEqual([])
    expect(await rows(months[0] ?? '')).toEqual([{ value: 1 }, { value: 2 }])
    await expect(store.partitions.create({ from: '2026-12-15', to: '2027-03-01' })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    })
    await server().setClock(schema, `'2027-01-05Z'::timestamptz`)
    expect(await store.partitions.prepare({ every: 'month', ahead: 1 })).toEqual([
      'fact_history_20270201_20270301',
    ])
  })

  test("wherever the history is cut, and whatever was compacted and moved, each answer is the model's", async () => {
    const { store, schema } = await server().newStore<Facts>()
    await server().setSteps(schema, '30 minutes', store.partitions)
    const directory = join(server().server.root, 'slow-disk')
    mkdirSync(directory)
    const { uid, gid } = unprivilegedAccount()
    chownSync(directory, uid, gid)
    await server().pool.query(`create tablespace slow_disk location '${directory}'`)
    const keys = Array.from({ length: 6 }, (_, n) => ({ subject: `s${n}`, model: new GridModel() }))
    const work = fc.sample(
      fc.record({
        key: fc.integer({ min: 0, max: keys.length - 1 }),
        from: fc.integer({ min: 0, max: cellCount - 2 }),
        length: fc.integer({ min: 1, max: 4 }),
        value: fc.integer({ min: 0, max: 1000 }),
      }),
      400,
    )
    const times: string[] = []
    // a hypertable has more parts, and the answers are the same
    const every = server().hasTimescale ? 90 : 9
    const change = async (some: typeof work): Promise<void> => {
      for (const { key, from, length, value } of some) {
        const to = Math.min(cellCount, from + length)
        const { subject, model } = keys[key] ?? { subject: '', model: new GridModel() }
        const { changed, recordedAt } = await store.assert(subject, 'x', value, {
          from: cuts[from] ?? '',
          to: cuts[to] ?? '',
        })
        if (changed) model.change(recordedAt, from, to, value)
        times.push(recordedAt)
      }
    }
    const checkAll = async (): Promise<void> => {
      for (const { subject, model } of keys)
        for (const recordedAt of [...times.filter((_, nth) => nth % every === 0), 'infinity']) {
          const grid: (number | undefined)[] = []
          for (const validAt of cuts.slice(0, -1))
            grid.push((await store.get(subject, 'x', { validAt, recordedAt }))?.value)
          expect(grid satisfies Grid).toEqual(model.asOf(recordedAt))
          const timeline = await store.timeline(subject, 'x', { recordedAt, coalesce: false })
          for (const { value, valid } of timeline)
            expect(model.asOf(recordedAt)[cuts.indexOf(valid.from)]).toBe(value)
        }
    }
    await change(work.slice(0, 150))
    // cuts at times at which something was recorded: the bounds of a partition are where answers change
    const ends = [times[40], times[100], '2030-01-01'].map((end) => end ?? '')
    const [oldest = '', middle = ''] = await server().cut(store.partitions, ends)
    await checkAll()
    await change(work.slice(150))
    await checkAll()
    const { bytesBefore, bytesAfter } = await store.partitions.compact(middle)
    expect(bytesAfter).toBeLessThanOrEqual(bytesBefore + 65_536)
    await store.partitions.compact(oldest)
    await store.partitions.move(oldest, 'slow_disk')
    const list = await store.partitions.list()
    const named = (is: (part: HistoryPartition) => boolean): readonly string[] =>
      list.filter(is).map(({ name }) => name)
    expect(named(({ tablespace }) => tablespace === 'slow_disk')).toEqual([oldest])
    expect(named(({ compactedAt }) => compactedAt !== undefined)).toEqual([oldest, middle])
    await checkAll()
    // every row is where the list says, and none in the default partition
    const { rows } = await server().pool.query<{ name: string; first: Date; last: Date }>(
      `select c.relname as name, min(h.recorded_to) as first, max(h.recorded_to) as last
       from ${schema}.fact_history h join pg_class c on c.oid = h.tableoid group by c.relname`,
    )
    expect(rows.length).toBeGreaterThan(2)
    for (const { name, first, last } of rows) {
      const recorded = list.find((part) => part.name === name)?.recorded
      expect(recorded && recorded.from <= toInstant(first, name)).toBe(true)
      expect(recorded && recorded.to > toInstant(last, name)).toBe(true)
    }
    await expect(store.partitions.compact('fact_history_default')).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    })
    const present = named(({ recorded }) => recorded !== undefined).at(-1) ?? ''
    await expect(store.partitions.compact(present)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    })
    await expect(store.partitions.move('nowhere', 'slow_disk')).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    })
  })

  test('made under writers: no change is lost, and none fails', async () => {
    const { store, schema } = await server().newStore<Facts>()
    // chunks are made by the writers themselves
    const { hasTimescale } = server()
    if (hasTimescale) await server().setSteps(schema, '1 hour', store.partitions)
    let isWriting = true
    const write = async (subject: string): Promise<number> => {
      let n = 0
      for (; isWriting; n++) await store.assert(subject, 'x', n, { from: '2026-01-01' })
      return n
    }
    const subjects = ['a', 'b', 'c', 'd']
    const writing = Promise.all(subjects.map(write))
    // told by the await below; until then it is no error that nobody hears of
    writing.catch(() => undefined)
    // each holds the present, so that writers are putting into the default partition what is being moved
    for (let n = 0, from = new Date(Date.now() - 1000); n < 8; n++) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      const to = new Date(Date.now() + 50)
      if (!hasTimescale) await store.partitions.create({ from, to })
      from = to
    }
    isWriting = false
    const counts = await writing
    expect((await store.partitions.list()).length).toBeGreaterThan(2)
    for (const [index, subject] of subjects.entries()) {
      const values = (await store.history(subject, 'x')).map(({ value }) => value)
      expect(values).toEqual(Array.from({ length: counts[index] ?? 0 }, (_, n) => n))
    }
  })
})
