import { expect, test } from 'vitest'
import type { EventStore } from '../event-store.ts'
import { isEventStoreError } from '../errors/event-store-error.ts'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers } from '../servers.testkit.ts'
import { ConditionFailed } from './condition-failed.ts'

type CourseEvent =
  | { type: 'Defined'; data: { seats: number } }
  | { type: 'Enrolled'; data: { student: string } }
  | { type: 'Noted'; data: number }

const enrolled = (course: string, student: string) => ({
  type: 'Enrolled' as const,
  data: { student },
  tags: [`course:${course}`, `student:${student}`],
})
const failed = { code: 'CONDITION_FAILED' }

/** A decision about a course and a student at once, in no stream of either. */
async function enroll(
  store: EventStore<CourseEvent>,
  course: string,
  student: string,
  seats: number,
): Promise<boolean> {
  const none = [
    { tags: [`course:${course}`], types: ['Enrolled' as const] },
    { tags: [`student:${student}`], types: ['Enrolled' as const] },
  ]
  for (;;) {
    const known = await all(store.readAll({ matching: none }))
    const taken = known.filter(({ data }) => data.student !== student).length
    if (taken >= seats || known.length > taken) return false
    const condition = { none, after: known.at(-1)?.position ?? 0 }
    try {
      await store.append(`enrolment-${course}-${student}`, [enrolled(course, student)], { condition })
      return true
    } catch (thrown) {
      if (!isEventStoreError(thrown, 'CONDITION_FAILED')) throw thrown
    }
  }
}

onServers('tags', (server) => {
  test('a condition holds while no event matches after a position: all tags of a query, one of its types, one of the queries', async () => {
    const { store } = await server().newStore<CourseEvent>()
    const { position } = await store.append('a', [enrolled('c1', 'ann')])
    const attempt = (tags: string[], types?: CourseEvent['type'][], after = 0) =>
      store.append('b', [{ type: 'Noted', data: 1 }], {
        condition: { none: { tags, ...(types ? { types } : {}) }, after },
      })
    await expect(attempt(['course:c1'])).rejects.toMatchObject({ ...failed, position })
    await expect(attempt(['course:c1', 'student:ann'])).rejects.toBeInstanceOf(ConditionFailed)
    await expect(attempt(['student:ann'], ['Noted', 'Enrolled'])).rejects.toMatchObject(failed)
    expect(await store.stream('b')).toBeUndefined()
    await attempt(['course:c1'], undefined, position)
    await attempt(['course:c1', 'student:bob'])
    await attempt(['course:c1'], ['Noted', 'Defined'])
    await attempt(['course:c2'])
    const either = [{ tags: ['course:c2'] }, { tags: ['student:ann'] }]
    await expect(
      store.append('b', [{ type: 'Noted', data: 2 }], { condition: { none: either } }),
    ).rejects.toMatchObject(failed)
    expect((await store.stream('b'))?.version).toBe(4)
  })

  test('racing decisions in one program and in several never take more seats than there are, nor a seat twice', async () => {
    const { schema } = await server().newStore<CourseEvent>()
    const stores = [1, 2, 3].map(() => server().open<CourseEvent>({ schema }))
    const results = await Promise.all(
      Array.from({ length: 24 }, (_, n) => {
        const store = stores[n % 3] ?? server().open<CourseEvent>({ schema })
        return enroll(store, `c${n % 2}`, `s${n % 9}`, 3)
      }),
    )
    const stored = await all(server().open<CourseEvent>({ schema }).readAll())
    expect(stored).toHaveLength(results.filter(Boolean).length)
    for (const course of ['c0', 'c1'])
      expect(
        stored.filter(({ stream }) => stream.startsWith(`enrolment-${course}`)).length,
      ).toBeLessThanOrEqual(3)
    const students = stored.map(({ data }) => (data as { student: string }).student)
    expect(new Set(students).size).toBe(students.length)
    expect(stored.length).toBeGreaterThan(3)
  })

  test('a condition and an append without one that writes its tag, at once: whichever is first, nothing is missed', async () => {
    const { schema } = await server().newStore<CourseEvent>()
    const [one, two] = [server().open<CourseEvent>({ schema }), server().open<CourseEvent>({ schema })]
    for (let round = 0; round < 40; round++) {
      const tags = [`t:${round}`]
      const [asked] = await Promise.allSettled([
        one.append(`a${round}`, [{ type: 'Noted', data: 1 }], { condition: { none: { tags } } }),
        two.append(`b${round}`, [{ type: 'Noted', data: 2, tags }]),
      ])
      const [a, b] = [await all(one.read(`a${round}`)), await all(one.read(`b${round}`))]
      // where it was accepted, what it asked for came later
      if (asked.status === 'fulfilled') expect(a[0]?.position).toBeLessThan(b[0]?.position ?? 0)
    }
  })

  test('in batches, atomic or not, in a transaction, and with ids that were stored before', async () => {
    const { store } = await server().newStore<CourseEvent>()
    const condition = { none: { tags: ['x'] } }
    const noted = (data: number, tags: string[] = []) => ({ type: 'Noted' as const, data, tags })
    const [ok, refused, other] = await store.appendBatch([
      { stream: 'c', events: [noted(1, ['x', 'x'])], condition },
      { stream: 'b', events: [noted(2)], expected: 5 },
      { stream: 'a', events: [noted(3, ['y'])], condition },
    ])
    expect([ok?.ok, refused, other?.ok]).toEqual([true, expect.objectContaining({ ok: false }), true])
    expect(refused).toMatchObject({ error: { code: 'VERSION_CONFLICT' } })
    const batch = [
      { stream: 'd', events: [noted(4)] },
      { stream: 'e', events: [noted(5)], condition },
    ]
    expect(await store.appendBatch(batch)).toMatchObject([{ ok: true }, { ok: false, error: failed }])
    await expect(store.appendBatch(batch, { atomic: true })).rejects.toMatchObject({
      code: 'BATCH_REFUSED',
      cause: failed,
    })
    expect((await store.stream('d'))?.version).toBe(1)
    const again = { ...noted(6, ['z']), id: '0192f0c1-0000-7000-8000-000000000000' }
    const once = { condition: { none: { tags: ['z'] } } }
    expect(await store.append('f', [again], once)).toMatchObject({ stored: true })
    expect(await store.append('f', [again], once)).toMatchObject({ stored: false })
    await store.transaction(async (client) => {
      await store.append('g', [noted(7, ['w'])], { client, condition: { none: { tags: ['w'] } } })
      await expect(
        store.append('g', [noted(8)], { client, condition: { none: { tags: ['w'] } } }),
      ).rejects.toMatchObject(failed)
    })
    expect((await all(store.readAll({ matching: { tags: ['w'] } }))).map(({ data }) => data)).toEqual([7])
  })

  test('are read by: in order, each event once, over pages, of some types, from a position', async () => {
    const { store } = await server().newStore<CourseEvent>()
    for (let n = 0; n < 5; n++)
      await store.append(
        `s${n}`,
        Array.from({ length: 500 }, (_, m) => ({
          type: 'Noted' as const,
          data: n * 500 + m,
          tags: ['all', `m:${m % 2}`],
        })),
      )
    await store.append('s0', [{ type: 'Defined', data: { seats: 1 }, tags: ['all'] }])
    const found = await all(store.readAll({ matching: [{ tags: ['all'] }, { tags: ['m:1'] }] }))
    expect(found).toEqual(await all(store.readAll()))
    const odd = await all(
      store.readAll({ matching: { tags: ['m:1', 'all'] }, after: found[999]?.position ?? 0, limit: 600 }),
    )
    expect(odd.map(({ data }) => data)).toEqual(Array.from({ length: 600 }, (_, n) => 1001 + 2 * n))
    expect(await all(store.readAll({ matching: { tags: ['all'] }, types: ['Defined'] }))).toHaveLength(1)
  })

  test('of removed events count no more', async () => {
    const { store, schema } = await server().newStore<CourseEvent>()
    await store.append('a', [enrolled('c1', 'ann'), enrolled('c2', 'ann')])
    await store.append('b', [enrolled('c3', 'ann')])
    await store.truncateBefore('a', 2)
    await store.append('x', [{ type: 'Noted', data: 1 }], { condition: { none: { tags: ['course:c1'] } } })
    await store.tombstone('a')
    await store.append('x', [{ type: 'Noted', data: 1 }], { condition: { none: { tags: ['course:c2'] } } })
    const { rows } = await server().pool.query(`select tag from ${schema}.event_tag order by tag`)
    expect(rows).toEqual([{ tag: 'course:c3' }, { tag: 'student:ann' }])
  })

  test('that cannot be stored, and queries without one, are refused', async () => {
    const { store } = await server().newStore<CourseEvent>()
    for (const tag of ['', 'a\0', '\ud800', 'x'.repeat(600)]) {
      await expect(store.append('s', [{ type: 'Noted', data: 1, tags: [tag] }])).rejects.toMatchObject({
        code: 'INVALID_EVENT',
      })
      const condition = { none: { tags: [tag] } }
      await expect(store.append('s', [{ type: 'Noted', data: 1 }], { condition })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      })
    }
    for (const none of [[], { tags: [] }, { tags: ['a'], types: [] }])
      await expect(
        store.append('s', [{ type: 'Noted', data: 1 }], { condition: { none } }),
      ).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })
})
