import fc from 'fast-check'
import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { cellCount, coalesced, cuts, GridModel, toGrid } from '../grid-model.testkit.ts'
import { isBitemporalError } from '../errors/bitemporal-error.ts'
import { install } from '../schema/install.ts'
import { onEveryServer, type StoreServer } from '../servers.testkit.ts'
import type { Columns } from './column-type.ts'
import { TypedTable } from './typed-table.ts'

const everything = {
  salary: 'numeric(10,2)',
  free: 'numeric null',
  grade: 'integer null',
  big: 'bigint null',
  full: 'boolean null',
  since: 'date null',
  signed: 'timestamptz null',
  contract: 'uuid null',
  extra: 'jsonb null',
  order: 'text null',
} as const

async function newTable<C extends Columns>(server: StoreServer, columns: C): Promise<TypedTable<C>> {
  const table = new TypedTable({ pool: server.pool, name: server.newSchemaName(), columns })
  await table.create()
  return table
}

onEveryServer('typed tables', (server) => {
  test('keep every value exactly, answer as of both times, and are columns for SQL', async () => {
    const jobs = await newTable(server(), everything)
    const row = {
      salary: '12345678.90',
      free: '-0.000000000000000000000000000012345678901234567890',
      grade: -7,
      big: 2n ** 63n - 1n,
      full: true,
      since: '2024-02-29',
      signed: '2026-03-29T02:30:00.123456+01:00',
      contract: '0190163d-8694-739b-aea5-966c26f8ad90',
      extra: { deep: [null, 'ä😀"', 0.1] },
      order: 'it\'s "quoted" 😀',
    }
    const { recordedAt } = await jobs.record('ann', row, { from: '2025-01-01' })
    const read = { ...row, signed: '2026-03-29T01:30:00.123456Z' }
    expect(await jobs.get('ann')).toMatchObject({ value: read, version: 1 })
    // the same in another writing is the same
    expect(await jobs.assert('ann', { ...row, salary: '012345678.9' }, { from: '2025-06-01' })).toMatchObject(
      {
        changed: false,
      },
    )
    await jobs.supersede('ann', { salary: 4200 }, { from: '2026-01-01' })
    const empty = {
      free: null,
      grade: null,
      big: null,
      full: null,
      since: null,
      signed: null,
      contract: null,
    }
    expect((await jobs.timeline('ann')).map(({ value }) => value)).toEqual([
      read,
      { ...empty, extra: null, order: null, salary: '4200.00' },
    ])
    const then = { validAt: '2026-06-01', recordedAt }
    expect(await jobs.get('ann', then)).toMatchObject({ value: read })
    expect(await all(jobs.rows(then))).toMatchObject([{ subject: 'ann', value: read }])
    expect(await all(jobs.changes({ after: recordedAt }))).toMatchObject([
      { removed: [{ value: read }], added: [{ value: read }, { value: { salary: '4200.00' } }] },
    ])
    const { rows } = await server().pool.query(
      `select subject, pg_typeof(salary)::text as type, sum(salary)::text from ${jobs.name}.known_now group by 1, 2`,
    )
    expect(rows).toEqual([{ subject: 'ann', type: 'numeric', sum: '12349878.90' }])
    expect((await server().pool.query(`select 1 from ${jobs.name}.ever_known`)).rowCount).toBe(3)
  })

  test('refuse what a column would round, cut or not take, before anything is sent', async () => {
    const jobs = await newTable(server(), everything)
    const bad: readonly Record<string, unknown>[] = [
      {},
      { salary: null },
      { salary: 1, unknown: 1 },
      { salary: '1.239' },
      { salary: 123456789 },
      { salary: 'NaN' },
      { salary: 1e21 },
      { salary: '1,5' },
      { salary: 1, grade: 2 ** 31 },
      { salary: 1, grade: 1.5 },
      { salary: 1, big: 2n ** 63n },
      { salary: 1, big: 2 ** 53 },
      { salary: 1, full: 'true' },
      { salary: 1, since: '2026-02-30' },
      { salary: 1, since: new Date() },
      { salary: 1, contract: 'no' },
      { salary: 1, order: 'a\0b' },
      { salary: 1, extra: '\ud800' },
      { salary: 1, signed: 'infinity' },
    ]
    for (const row of bad)
      await expect(jobs.assert('s', row as never, { from: '2026-01-01' })).rejects.toMatchObject({
        code: 'INVALID_VALUE',
      })
    await expect(jobs.assert('s', null as never, { from: '2026-01-01' })).rejects.toMatchObject({
      code: 'INVALID_VALUE',
    })
    // an hour that is twice
    await expect(
      jobs.assert('s', { salary: 1, signed: '2026-10-25T02:30' }, { from: '2026-01-01' }),
    ).rejects.toMatchObject({ code: 'INVALID_TIME' })
    await expect(
      jobs.assert('s', { salary: 1 }, { from: '2026-01-01', to: '2026-01-01' }),
    ).rejects.toMatchObject({
      code: 'INVALID_PERIOD',
    })
    await expect(jobs.assert('a\0b', { salary: 1 }, { from: '2026-01-01' })).rejects.toMatchObject({
      code: 'INVALID_KEY',
    })
    expect(await jobs.load([])).toBe(0)
    expect(await jobs.version('s')).toBe(0)
    for (const columns of [
      {},
      { A: 'text' },
      { value: 'text' },
      { hi: 'text' },
      { x: 'float8' },
      { x: 'numeric(0)' },
      { x: 'numeric(2,3)' },
      { x: 'text not null' },
    ])
      expect(() => new TypedTable({ pool: server().pool, name: 'x', columns: columns as never })).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION' }),
      )
  })

  test('are made once, in several programs at once, and are not taken for others', async () => {
    const { pool } = server()
    const name = server().newSchemaName()
    const columns = { amount: 'numeric(10)', at: 'timestamptz' } as const
    await Promise.all([1, 2, 3].map(() => new TypedTable({ pool, name, columns }).create()))
    const differs = { code: 'TABLE_DIFFERS' }
    for (const other of [
      { amount: 'numeric(10)' },
      { ...columns, at: 'timestamptz null' },
      { ...columns, amount: 'text' },
    ])
      await expect(new TypedTable({ pool, name, columns: other as never }).create()).rejects.toMatchObject(
        differs,
      )
    await expect(install(pool, { schema: name })).rejects.toMatchObject(differs)
    const { schema } = await server().newStore()
    await expect(new TypedTable({ pool, name: schema, columns }).create()).rejects.toMatchObject(differs)
  })

  test('have the server refuse overlapping rows, whoever writes them', async () => {
    const jobs = await newTable(server(), { pay: 'integer' })
    await jobs.load([
      { subject: 's', row: { pay: 1 }, from: '2020-01-01', to: '2022-01-01' },
      { subject: 's', row: { pay: 2 }, from: '2022-01-01' },
    ])
    const insert = `insert into ${jobs.name}.current_row (key_id, valid_from, valid_to, recorded_from, pay)
      select key_id, '2021-01-01Z', '2021-06-01Z', now(), 3 from ${jobs.name}.current_row limit 1`
    await expect(server().pool.query(insert)).rejects.toMatchObject({ code: '23P01' })
    await expect(
      jobs.load([{ subject: 's', row: { pay: 1 }, from: '2021-01-01', to: '2021-06-01' }]),
    ).rejects.toMatchObject({ code: 'OVERLAP' })
  })

  test('are joined at a point and over a period, by subject and by a column', async () => {
    const jobs = await newTable(server(), { pay: 'numeric', team: 'text null' })
    const teams = await newTable(server(), { lead: 'text' })
    const { recordedAt } = await teams.record(
      'red',
      { lead: 'bob' },
      { from: '2020-01-01', to: '2022-01-01' },
    )
    await teams.record('red', { lead: 'cleo' }, { from: '2022-01-01' })
    await jobs.record('ann', { pay: 1, team: 'red' }, { from: '2021-01-01', to: '2023-01-01' })
    await jobs.record('red', { pay: 2 }, { from: '2021-01-01' })
    const told = async (options: Parameters<typeof jobs.join>[1]) =>
      (await all(jobs.join(teams, options))).map(({ left, right, valid }) =>
        [left.subject, left.value.pay, right.value.lead, valid.from.slice(0, 4), valid.to.slice(0, 4)].join(
          ' ',
        ),
      )
    expect(await told({ on: 'team', validAt: '2021-06-01' })).toEqual(['ann 1 bob 2021 2022'])
    expect(await told({ on: 'team', during: { from: '-infinity' } })).toEqual([
      'ann 1 bob 2021 2022',
      'ann 1 cleo 2022 2023',
    ])
    expect(await told({ validAt: '2021-06-01' })).toEqual(['red 2 bob 2021 2022'])
    expect(await told({ on: 'team', validAt: '2021-06-01', recordedAt })).toEqual([])
    await expect(told({ on: 'pay' })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  test('have partitions of their history, compacted without a change of any answer', async () => {
    const jobs = await newTable(server(), { pay: 'numeric' })
    await server().setSteps(jobs.name, '16 hours', jobs.partitions)
    const times: string[] = []
    for (let pay = 0; pay < 5; pay++)
      times.push((await jobs.assert('s', { pay }, { from: '2020-01-01' })).recordedAt)
    const told = () => Promise.all(times.map((recordedAt) => jobs.get('s', { recordedAt })))
    const before = await told()
    const [name = ''] = await server().cut(jobs.partitions, [times[3] ?? ''])
    await jobs.partitions.compact(name)
    await jobs.partitions.prepare({ every: 'month' })
    await jobs.assert('s', { pay: 9 }, { from: '2020-01-01' })
    const after = await told()
    expect(after.map((fact) => fact?.value)).toEqual(before.map((fact) => fact?.value))
    const list = await jobs.partitions.list()
    expect(list.filter(({ compactedAt }) => compactedAt).map((partition) => partition.name)).toEqual([name])
    const isNative = list.some((partition) => partition.name === 'row_history_default')
    expect(isNative).toBe(!server().hasTimescale)
  })

  test("whatever was changed in whatever order, the answers as of both times are the model's", async () => {
    const table = await newTable(server(), { x: 'numeric', y: 'text null' })
    let runs = 0
    const step = fc.record({
      mode: fc.constantFrom(
        'assert' as const,
        'assert' as const,
        'record' as const,
        'correct' as const,
        'retract' as const,
      ),
      cells: fc.uniqueArray(fc.integer({ min: 0, max: cellCount }), { minLength: 2, maxLength: 2 }),
      value: fc.integer({ min: 0, max: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const subject = `s${++runs}`
        const model = new GridModel()
        for (const { mode, cells, value } of steps) {
          const [first = 0, to = 1] = [...cells].sort((a, b) => a - b)
          const from = Math.min(first, cellCount - 1)
          const period = { from: cuts[from] ?? '', to: cuts[to] ?? '' }
          const row = value === 3 ? { x: value } : { x: value, y: 'other' }
          const change =
            mode === 'retract' ? table.retract(subject, period) : table[mode](subject, row, period)
          const done = await change.catch((thrown: unknown) => {
            if (isBitemporalError(thrown, 'ALREADY_KNOWN') || isBitemporalError(thrown, 'NOTHING_KNOWN'))
              return undefined
            throw thrown
          })
          if (done?.changed) model.change(done.recordedAt, from, to, mode === 'retract' ? undefined : value)
        }
        const plain = <T extends { value: { x: string; y: string | null } }>(spans: readonly T[]) =>
          spans.map((span) => {
            expect(span.value.y).toBe(span.value.x === '3' ? null : 'other')
            return { ...span, value: Number(span.value.x) }
          })
        const history = plain(await table.history(subject))
        for (const { at, grid } of model.pictures) {
          const timeline = plain(await table.timeline(subject, { recordedAt: at }))
          expect(timeline.map(({ value, valid }) => ({ value, valid }))).toEqual(coalesced(grid))
          const then = history.filter(({ recorded }) => recorded.from <= at && recorded.to > at)
          expect(toGrid(then)).toEqual(grid)
        }
      }),
      { numRuns: server().runs(25) },
    )
  })
})
