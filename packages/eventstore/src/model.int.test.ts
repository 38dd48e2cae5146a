import fc from 'fast-check'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Expected } from './append/expected.ts'
import type { EventStore } from './event-store.ts'
import { isEventStoreError } from './errors/event-store-error.ts'
import { VersionConflict } from './errors/version-conflict.ts'
import { newEventId } from './event-id.ts'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers } from './servers.testkit.ts'
import { StoreModel, type ModelAnswer, type ModelEvent } from './store-model.testkit.ts'

type Noted = { type: 'Noted'; data: number }

const streams = fc.constantFrom('a', 'b', 'c')
const expected: fc.Arbitrary<Expected> = fc.oneof(
  fc.constantFrom<Expected>('any', 'any', 'none', 'exists'),
  fc.integer({ min: 0, max: 8 }),
)
/** Ids come from few, so that some are used again: by `repeats` in the same way, else in any. */
const appends = fc.record({
  kind: fc.constant('append' as const),
  stream: streams,
  expected,
  ids: fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 3 }),
})
const changes = fc.record({
  kind: fc.constantFrom('archive' as const, 'unarchive' as const, 'truncate' as const, 'tombstone' as const),
  stream: streams,
  version: fc.integer({ min: 1, max: 6 }),
})
const steps = fc.oneof({ weight: 8, arbitrary: appends }, { weight: 1, arbitrary: changes })

const asNoted = ({ id, data }: ModelEvent): Noted & { id: string } => ({ type: 'Noted', id, data })

async function answerOf(appending: Promise<{ version: number; stored: boolean }>): Promise<ModelAnswer> {
  try {
    const { version, stored } = await appending
    return { kind: stored ? 'stored' : 'repeated', version }
  } catch (thrown) {
    if (thrown instanceof VersionConflict)
      return { kind: 'refused', code: thrown.code, actual: thrown.actual }
    if (isEventStoreError(thrown)) return { kind: 'refused', code: thrown.code }
    throw thrown
  }
}

async function codeOf(work: Promise<void>): Promise<string | undefined> {
  try {
    await work
    return undefined
  } catch (thrown) {
    if (isEventStoreError(thrown)) return thrown.code
    throw thrown
  }
}

onServers('against a model in memory', (server) => {
  test('whatever is done in whatever order, the store answers and holds what the model does', async () => {
    let runs = 0
    const { store } = await server().newStore<Noted>()
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 25 }), async (history) => {
        const run = `${++runs}-`
        const model = new StoreModel()
        const ids = Array.from({ length: 41 }, () => newEventId())
        const before = (await all(store.readAll())).at(-1)?.position ?? 0
        for (const step of history) {
          const stream = `${run}${step.stream}`
          if (step.kind === 'append') {
            const events = step.ids.map((n) => ({ id: ids[n] ?? '', data: n }))
            const answer = await answerOf(
              store.append(stream, events.map(asNoted), { expected: step.expected }),
            )
            expect(answer).toEqual(model.append(stream, events, step.expected))
          } else if (step.kind === 'truncate') {
            const code = await codeOf(store.truncateBefore(stream, step.version))
            expect(code).toBe(model.truncateBefore(stream, step.version))
          } else if (step.kind === 'tombstone') {
            expect(await codeOf(store.tombstone(stream))).toBe(model.tombstone(stream))
          } else {
            const archived = step.kind === 'archive'
            const code = await codeOf(archived ? store.archive(stream) : store.unarchive(stream))
            expect(code).toBe(model.archive(stream, archived))
          }
        }
        for (const stream of ['a', 'b', 'c'].map((name) => `${run}${name}`)) {
          const read = await all(store.read(stream)).catch((thrown: { code: string }) => thrown.code)
          const found = typeof read === 'string' ? read : read.map(({ version, data }) => [version, data])
          expect(found).toEqual(model.read(stream))
        }
        const found = await all(store.readAll({ after: before }))
        expect(found.map(({ stream, version, data }) => ({ stream, version, data }))).toEqual(model.visible())
      }),
      { numRuns: 60 },
    )
  })

  test('concurrent writers, readers and a subscription: no gap, no duplicate, no reorder, and what was acknowledged is there', async () => {
    const { store, schema } = await server().newStore<Noted>()
    const writers = Array.from({ length: 4 }, () => server().open<Noted>({ schema }))
    const delivered: string[] = []
    const subscription = await server()
      .open<Noted>({ schema })
      .subscribe({
        name: 'all',
        batchSize: 3,
        paceMs: 0,
        handle: (events) => void delivered.push(...events.map(({ position, id }) => `${position} ${id}`)),
      })
    const work = fc.record({
      stream: streams,
      expected: fc.constantFrom<Expected>('any', 'any', 'any', 'none', 'exists', 1),
      count: fc.integer({ min: 1, max: 4 }),
      how: fc.constantFrom('plain' as const, 'batch' as const, 'transaction' as const, 'undone' as const),
      pauseMs: fc.integer({ min: 0, max: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(work, { minLength: 3, maxLength: 12 }), { minLength: 4, maxLength: 4 }),
        async (histories) => {
          const start = (await all(store.readAll())).at(-1)?.position ?? 0
          const ledger: { id: string; stream: string; version: number }[] = []
          const absent: string[] = []
          let isWriting = true
          const seen: string[] = []
          const reading = (async () => {
            let after = start
            for (let isLast = false; !isLast;) {
              isLast = !isWriting
              for await (const { position, id } of store.readAll({ after })) {
                seen.push(`${position} ${id}`)
                after = position
              }
            }
          })()
          await Promise.all(
            histories.map(async (history, index) => {
              for (const step of history) await perform(writers[index] ?? store, step, ledger, absent)
            }),
          )
          isWriting = false
          await reading
          await subscription.caughtUp()
          const stored = await all(store.readAll({ after: start }))
          const order = stored.map(({ position, id }) => `${position} ${id}`)
          expect(seen).toEqual(order)
          expect(delivered.filter((each) => Number(each.split(' ')[0]) > start)).toEqual(order)
          expect(stored.map(({ id, stream, version }) => `${id} ${stream} ${version}`).sort()).toEqual(
            ledger.map(({ id, stream, version }) => `${id} ${stream} ${version}`).sort(),
          )
          for (const id of absent) expect(stored.some((event) => event.id === id)).toBe(false)
          for (const stream of ['a', 'b', 'c']) {
            const versions = (await all(store.read(stream))).map(({ version }) => version)
            expect(versions).toEqual(versions.map((_, nth) => nth + 1))
          }
        },
      ),
      { numRuns: 12 },
    )
  })
})

interface Work {
  readonly stream: string
  readonly expected: Expected
  readonly count: number
  readonly how: 'plain' | 'batch' | 'transaction' | 'undone'
  readonly pauseMs: number
}

/** Does one piece of work and notes what has to be stored by it, and what must not. */
async function perform(
  store: EventStore<Noted>,
  { stream, expected, count, how, pauseMs }: Work,
  ledger: { id: string; stream: string; version: number }[],
  absent: string[],
): Promise<void> {
  const events = Array.from({ length: count }, (_, data) => ({
    type: 'Noted' as const,
    data,
    id: newEventId(),
  }))
  const note = (version: number): void => {
    for (const [nth, { id }] of events.entries())
      ledger.push({ id, stream, version: version - count + nth + 1 })
  }
  try {
    if (how === 'plain') note((await store.append(stream, events, { expected })).version)
    else if (how === 'batch') {
      const [result] = await store.appendBatch([{ stream, events, expected }])
      if (result?.ok) note(result.version)
      else throw result?.error ?? new Error('no result')
    } else {
      const version = await store.transaction(async (client) => {
        const result = await store.append(stream, events, { expected, client })
        await sleep(pauseMs)
        if (how === 'undone') throw new Error('undone')
        return result.version
      })
      note(version)
    }
  } catch (thrown) {
    const isMeant =
      thrown instanceof VersionConflict || (thrown instanceof Error && thrown.message === 'undone')
    if (!isMeant) throw thrown
    absent.push(...events.map(({ id }) => id))
  }
}
