import fc from 'fast-check'
import type { ClientBase } from 'pg'
import { expect, test } from 'vitest'
import type { BitemporalStore } from './bitemporal-store.ts'
import { isBitemporalError } from './errors/bitemporal-error.ts'
import { cellCount, coalesced, cuts, GridModel, toGrid } from './grid-model.testkit.ts'
import type { Change } from './read/read-changes.ts'
import { onEveryServer } from './servers.testkit.ts'

interface Facts extends Record<string, unknown> {
  readonly x: number
  readonly y: number
}

const steps = fc.record({
  mode: fc.constantFrom(
    'assert' as const,
    'assert' as const,
    'record' as const,
    'correct' as const,
    'supersede' as const,
    'retract' as const,
  ),
  predicate: fc.constantFrom('x' as const, 'y' as const),
  cells: fc.uniqueArray(fc.integer({ min: 0, max: cellCount }), { minLength: 2, maxLength: 2 }),
  value: fc.integer({ min: 0, max: 3 }),
  /** By how much the clock steps before, microseconds. */
  clock: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: -50, max: 0 })),
  /** With the one before in one transaction. */
  joined: fc.boolean(),
})
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never

/** Points of valid time around each cut: where an answer changes if it does. */
const points = cuts.slice(0, -1).flatMap((cut, cell) => {
  const before = cell < 2 ? [] : [{ at: new Date(Date.parse(cut) - 1).toISOString(), cell: cell - 1 }]
  return [...before, { at: cut, cell }]
})

onEveryServer('against a model in memory', (server) => {
  test("whatever was changed in whatever order, every answer as of both times is the model's", async () => {
    const { store, schema } = await server().newStore<Facts>()
    const { pool } = server()
    await pool.query(`create table ${schema}.test_clock as select '2026-06-01Z'::timestamptz as now`)
    await server().setClock(schema, `now from ${schema}.test_clock`)
    let runs = 0
    let answers = 0
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 20 }), async (history) => {
        const subject = `s${++runs}`
        const models = { x: new GridModel(), y: new GridModel() }
        for (let at = 0; at < history.length;) {
          const group = [at++]
          while (history[at]?.joined) group.push(at++)
          await store.transaction(async (client) => {
            for (const index of group) {
              const step = history[index]
              if (!step) throw new Error('no such step')
              await client.query(
                `update ${schema}.test_clock set now = now + $1 * interval '1 microsecond'`,
                [step.clock],
              )
              await perform(store, client, subject, step, models[step.predicate])
            }
          })
        }
        for (const predicate of ['x', 'y'] as const) {
          const model = models[predicate]
          const times = [...model.pictures.map(({ at }) => at), 'infinity', '-infinity']
          for (const recordedAt of times) {
            const grid = model.asOf(recordedAt)
            for (const { at: validAt, cell } of points) {
              const fact = await store.get(subject, predicate, { validAt, recordedAt })
              expect([validAt, recordedAt, fact?.value]).toEqual([validAt, recordedAt, grid[cell]])
              answers++
            }
            const timeline = await store.timeline(subject, predicate, { recordedAt })
            expect(timeline.map(({ value, valid }) => ({ value, valid }))).toEqual(coalesced(grid))
          }
          expect(await store.timeline(subject, predicate)).toEqual(
            await store.timeline(subject, predicate, { recordedAt: 'infinity' }),
          )
          await checkHistory(store, subject, predicate, model)
          await checkChanges(store, subject, predicate, model)
        }
      }),
      { numRuns: server().runs(40) },
    )
    expect(answers).toBeGreaterThan(1000)
  })
})

async function perform(
  store: BitemporalStore<Facts>,
  client: ClientBase,
  subject: string,
  { mode, predicate, cells, value }: Step,
  model: GridModel,
): Promise<void> {
  const [first = 0, second = 1] = [...cells].sort((a, b) => a - b)
  // nothing begins at the end of time
  const from = Math.min(first, cellCount - 1)
  const held = model.now.slice(from, second)
  const options = { from: cuts[from] ?? '', to: cuts[second] ?? '', client }
  const facts = await store.timeline(subject, predicate, { coalesce: false, client })
  const superseded = facts.find(({ valid }) => valid.from <= options.from && valid.to > options.from)
  const to = mode === 'supersede' ? cuts.indexOf(superseded?.valid.to ?? '') : second
  try {
    const { changed, recordedAt } =
      mode === 'retract'
        ? await store.retract(subject, predicate, options)
        : await store[mode](subject, predicate, value, options)
    if (mode === 'record' && changed) expect(held.every((each) => each === undefined)).toBe(true)
    if (mode === 'correct' || mode === 'retract') expect(held.some((each) => each !== undefined)).toBe(true)
    if (!changed) {
      expect(model.now.slice(from, to).every((each) => each === value)).toBe(true)
      return
    }
    const last = model.pictures.at(-1)?.at
    if (last !== undefined) expect(recordedAt > last).toBe(true)
    model.change(recordedAt, from, to, mode === 'retract' ? undefined : value)
  } catch (thrown) {
    if (isBitemporalError(thrown, 'ALREADY_KNOWN')) {
      expect(mode).toBe('record')
      expect(held.some((each) => each !== undefined)).toBe(true)
    } else if (isBitemporalError(thrown, 'NOTHING_KNOWN')) {
      expect(['correct', 'supersede', 'retract']).toContain(mode)
      expect((mode === 'supersede' ? held.slice(0, 1) : held).every((each) => each === undefined)).toBe(true)
    } else throw thrown
  }
}

/** Whoever keeps the history alone can answer all that the store answers. */
async function checkHistory(
  store: BitemporalStore<Facts>,
  subject: string,
  predicate: 'x' | 'y',
  model: GridModel,
): Promise<void> {
  const history = await store.history(subject, predicate)
  for (const { at, grid } of model.pictures) {
    const then = history.filter(({ recorded }) => recorded.from <= at && recorded.to > at)
    expect(toGrid(then)).toEqual(grid)
  }
}

/** Changes between two times lead from the picture of one to that of the other. */
async function checkChanges(
  store: BitemporalStore<Facts>,
  subject: string,
  predicate: 'x' | 'y',
  model: GridModel,
): Promise<void> {
  const times = ['-infinity', ...model.pictures.map(({ at }) => at)]
  for (const [index, after] of times.entries()) {
    const upTo = times[Math.min(times.length - 1, index + 3)] ?? ''
    let facts: Change['added'][number][] = (
      await store.timeline(subject, predicate, { recordedAt: after, coalesce: false })
    ).map(({ value, valid }) => ({ value, valid }))
    for await (const change of store.changes({ after, upTo, subject, predicate, pageSize: 2 })) {
      const removed = new Set(change.removed.map((fact) => JSON.stringify(fact)))
      const kept = facts.filter((fact) => !removed.has(JSON.stringify(fact)))
      expect(kept).toHaveLength(facts.length - removed.size)
      facts = [...kept, ...change.added]
    }
    expect(toGrid(facts)).toEqual(model.asOf(upTo))
  }
}
