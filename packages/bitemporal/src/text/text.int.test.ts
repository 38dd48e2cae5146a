import fc from 'fast-check'
import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import type { BitemporalStore } from '../bitemporal-store.ts'
import { isBitemporalError } from '../errors/bitemporal-error.ts'
import { cellCount, cuts } from '../grid-model.testkit.ts'
import type { Change } from '../read/read-changes.ts'
import { onEveryServer } from '../servers.testkit.ts'
import { TypedTable } from '../table/typed-table.ts'
import { exportFacts } from './export-facts.ts'
import { importFacts } from './import-facts.ts'

const subjects = ['ann', 'it\'s "quoted" \\', '😀 漢', 'VALID_FROM'] as const
const predicates = [
  'salary',
  'entity:bank',
  'bank.name',
  'bank->country',
  '/street',
  'relationship:owns',
  'odd "one"\n',
] as const
const values: readonly unknown[] = [
  1,
  0.1,
  'it\'s "quoted" \\ \n 😀',
  true,
  null,
  { nested: [{ deep: '}"' }] },
  [
    ['bank', 'a'],
    ['bank', 'b'],
  ],
]
const step = fc.record({
  mode: fc.constantFrom('assert' as const, 'assert' as const, 'correct' as const, 'retract' as const),
  subject: fc.constantFrom(...subjects),
  predicate: fc.constantFrom(...predicates),
  value: fc.constantFrom(...values),
  cells: fc.uniqueArray(fc.integer({ min: 0, max: cellCount }), { minLength: 2, maxLength: 2 }),
})

/** Every answer there is: at each point of valid time, as of each recorded time. */
async function answers(store: BitemporalStore): Promise<unknown[]> {
  const told: unknown[] = []
  for (const subject of subjects)
    for (const predicate of predicates) {
      const history = await store.history(subject, predicate)
      told.push(history, await store.version(subject, predicate))
      const times = new Set(history.flatMap(({ recorded }) => [recorded.from, recorded.to]))
      for (const recordedAt of times)
        told.push(await store.timeline(subject, predicate, { recordedAt, coalesce: false }))
      if (history.length > 0)
        for (const cut of cuts.slice(0, -1)) told.push(await store.get(subject, predicate, { validAt: cut }))
    }
  // keys have other numbers in another store, and with them another order at one time
  const key = ({ recordedAt, predicate, subject }: Change): string =>
    JSON.stringify([recordedAt, predicate, subject])
  told.push((await all(store.changes({ after: '-infinity' }))).sort((a, b) => (key(a) < key(b) ? -1 : 1)))
  return told
}

onEveryServer('bitemporal 6NF text', (server) => {
  test('whatever was changed: exported, and imported where nothing is, every answer as of both times is the same', async () => {
    const { pool } = server()
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
        const { store, schema } = await server().newStore()
        for (const { mode, subject, predicate, value, cells } of steps) {
          const [first = 0, to = 1] = [...cells].sort((a, b) => a - b)
          const period = { from: cuts[Math.min(first, cellCount - 1)] ?? '', to: cuts[to] ?? '' }
          const change =
            mode === 'retract'
              ? store.retract(subject, predicate, period)
              : store[mode](subject, predicate, value, period)
          await change.catch((thrown: unknown) => {
            if (!isBitemporalError(thrown, 'NOTHING_KNOWN')) throw thrown
          })
        }
        const text = (await all(exportFacts(pool, { schema }))).join('')
        const { store: copy, schema: other } = await server().newStore()
        const count = await importFacts(pool, [text], { schema: other })
        expect(count).toBe(text.split('\n').filter((line) => /^[A-Z].* RECORDED_AT /.test(line)).length)
        expect(await answers(copy)).toEqual(await answers(store))
        expect((await all(exportFacts(pool, { schema: other }))).join('')).toBe(text)
        // and goes on from there: later than all that was imported
        const [{ recordedAt = '' } = {}] = (await all(copy.changes({ after: '-infinity' }))).slice(-1)
        const { subject, predicate } = steps[0] ?? { subject: 'ann', predicate: 'salary' }
        expect(
          (await copy.assert(subject, predicate, 'new', { from: '2026-01-01' })).recordedAt > recordedAt,
        ).toBe(true)
      }),
      { numRuns: server().runs(6) },
    )
  })

  test('typed tables too, into one of the same columns', async () => {
    const { pool } = server()
    const columns = { pay: 'numeric(10,2)', at: 'timestamptz null', big: 'bigint' } as const
    const make = async (schema: string): Promise<TypedTable<typeof columns>> => {
      const table = new TypedTable({ pool, name: schema, columns })
      await table.create()
      return table
    }
    const table = await make('jobs')
    await table.record(
      'ann',
      { pay: '0.1', at: '2026-01-01T00:00:00.000001Z', big: 2n ** 62n },
      { from: '2026-01-01' },
    )
    await table.supersede('ann', { pay: '12345678.91', big: 1 }, { from: '2026-02-01' })
    const text = (await all(exportFacts(pool, { schema: 'jobs' }))).join('')
    const history = await table.history('ann')
    await pool.query('alter schema jobs rename to jobs_before')
    const copy = await make('jobs')
    expect(await importFacts(pool, [text], { schema: 'jobs' })).toBe(3)
    expect(await copy.history('ann')).toEqual(history)
    await make('elsewhere')
    await expect(importFacts(pool, [text], { schema: 'elsewhere' })).rejects.toMatchObject({
      code: 'INVALID_TEXT',
    })
    const line = (row: string): string =>
      `ATTRIBUTE_OF _ "bob" elsewhere ${row} VALID_FROM 2026-01-01 RECORDED_AT 2026-01-01\n`
    for (const row of [
      '{"pay": "1.239", "at": null, "big": "1"}',
      '{"pay": "1.00", "at": null, "big": "1", "more": 1}',
      '7',
    ])
      await expect(importFacts(pool, [line(row)], { schema: 'elsewhere' })).rejects.toMatchObject({
        code: 'INVALID_VALUE',
      })
    expect(
      await importFacts(pool, [line('{"pay": "1.24", "at": null, "big": "1"}')], { schema: 'elsewhere' }),
    ).toBe(1)
  })

  const days = (count: number, keys: number) =>
    Array.from({ length: count }, (_, n) => ({
      subject: `s${n % keys}`,
      predicate: 'x',
      value: n,
      from: new Date(Date.UTC(2020, 0, 1 + n)),
      to: new Date(Date.UTC(2020, 0, 2 + n)),
    }))

  test('more than a batch is streamed', async () => {
    const { pool } = server()
    const { store, schema } = await server().newStore()
    await store.load(days(5100, 2000))
    const { schema: other } = await server().newStore()
    let pieces = 0
    async function* counted(): AsyncGenerator<string> {
      for await (const piece of exportFacts(pool, { schema })) {
        pieces++
        yield piece
      }
    }
    expect(await importFacts(pool, counted(), { schema: other })).toBe(5100)
    expect(pieces).toBe(28)
    expect(await all(exportFacts(pool, { schema: other }))).toEqual(await all(exportFacts(pool, { schema })))
  })

  test('what was cut, changed or put together is refused: nothing is imported', async () => {
    const { pool } = server()
    const { store, schema } = await server().newStore()
    await store.load(days(30, 10))
    await store.correct('s1', 'x', 'changed', { from: '-infinity' })
    const text = (await all(exportFacts(pool, { schema }))).join('')
    const { schema: other } = await server().newStore()
    const lines = text.split('\n')
    for (const bad of [
      lines.slice(0, -2).join('\n'),
      text.slice(0, text.length / 2),
      text.replace('"changed"', '"chanced"'),
      [...lines.slice(0, 9), ...lines.slice(10)].join('\n'),
      text + text,
      text.replace(lines.at(-10) ?? '', 'NONSENSE'),
    ])
      await expect(importFacts(pool, [bad], { schema: other })).rejects.toMatchObject({
        code: 'INVALID_TEXT',
        detail: expect.stringMatching(/^line \d+: /),
      })
    expect((await pool.query(`select 1 from ${other}.fact_key`)).rowCount).toBe(0)
    // a part of it, on purpose
    expect(await importFacts(pool, [lines.slice(0, 9).join('\n')], { schema: other, verify: false })).toBe(7)
    await expect(importFacts(pool, [text], { schema: other })).rejects.toMatchObject({
      code: 'ALREADY_KNOWN',
    })
    expect((await pool.query(`select 1 from ${other}.fact_key`)).rowCount).toBe(2)
  })

  test('an empty text is none, an empty store is a text; overlaps in either time are refused', async () => {
    const { pool } = server()
    const { store, schema } = await server().newStore()
    expect(await importFacts(pool, [], { schema })).toBe(0)
    expect(await importFacts(pool, exportFacts(pool, { schema }), { schema })).toBe(0)
    const line = (value: number, valid: string, recorded: string): string =>
      `ATTRIBUTE_OF _ "s" x ${value} VALID_FROM ${valid} RECORDED_AT ${recorded}\n`
    for (const pair of [
      [line(1, '2020-01-01', '2026-01-01'), line(2, '2021-01-01', '2026-01-02')],
      [line(1, '2020-01-01', '2026-01-01 RECORDED_TO 2026-02-01'), line(2, '2021-01-01', '2026-01-02')],
    ])
      await expect(importFacts(pool, pair, { schema })).rejects.toMatchObject({
        code: 'OVERLAP',
        detail: expect.stringContaining('from 2021-01-01T00:00:00.000000Z to infinity'),
      })
    await expect(
      importFacts(pool, [line(1, '2020-01-01', '2026-01-01'), line(2, '2020-01-01', '2026-01-02')], {
        schema,
      }),
    ).rejects.toMatchObject({ code: 'ALREADY_KNOWN' })
    expect(await store.version('s', 'x')).toBe(0)
    // known one after the other is no overlap, and a time zone is only another way of writing
    const known = [
      line(1, '2020-01-01', '2026-01-01 RECORDED_TO 2026-01-02T01:00:00+01:00'),
      line(2, '2020-01-01', '2026-01-02'),
    ]
    expect(await importFacts(pool, known, { schema })).toBe(2)
    expect(await store.get('s', 'x', { recordedAt: '2026-01-01T12:00Z' })).toMatchObject({
      value: 1,
      version: 2,
    })
  })

  test('of two imports of the same keys at once one is refused, and a change meanwhile is not lost', async () => {
    const { pool } = server()
    const { store, schema } = await server().newStore()
    const text = ['ATTRIBUTE_OF _ "s" x 1 VALID_FROM 2020-01-01 RECORDED_AT 2021-01-01\n']
    const done = await Promise.allSettled([
      importFacts(pool, text, { schema }),
      importFacts(pool, text, { schema }),
    ])
    expect(done.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    for (const each of done)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'ALREADY_KNOWN' })
    expect(await store.assert('s', 'x', 2, { from: '2022-01-01' })).toMatchObject({ version: 2 })
  })

  test('a server that is killed in the middle, and a pool without a free connection: nothing is imported, and it says so', async () => {
    const { pool } = server()
    const { store, schema } = await server().newStore()
    async function* lines(): AsyncGenerator<string> {
      for (let n = 0; n < 6000; n++) {
        yield `ATTRIBUTE_OF _ "s${n}" x 1 VALID_FROM 2020-01-01 RECORDED_AT 2021-01-01\n`
        if (n === 5500) {
          await server().server.halt('SIGKILL')
          await server().server.launch()
        }
      }
    }
    await expect(importFacts(pool, lines(), { schema })).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    expect(await all(store.facts('x'))).toEqual([])
    const narrow = server().newPool({ max: 1 })
    const held = await narrow.connect()
    // only now: on a busy machine to connect takes longer than anybody wants to wait here
    narrow.options.connectionTimeoutMillis = 100
    const exhausted = { code: 'POOL_EXHAUSTED' }
    await expect(importFacts(narrow, [], { schema })).rejects.toMatchObject(exhausted)
    await expect(all(exportFacts(narrow, { schema }))).rejects.toMatchObject(exhausted)
    held.release()
    expect(await all(exportFacts(narrow, { schema }))).toHaveLength(2)
    // whoever stops early gives the connection back
    for await (const _ of exportFacts(narrow, { schema })) break
    expect(await importFacts(narrow, [], { schema })).toBe(0)
    await narrow.end()
  })
})
