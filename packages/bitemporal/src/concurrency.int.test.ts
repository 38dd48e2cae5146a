import { expect, test } from 'vitest'
import { VersionConflict } from './errors/version-conflict.ts'
import { onServers } from './servers.testkit.ts'

const writers = [0, 1, 2, 3, 4, 5, 6, 7]

onServers('8 writers on one key', (server) => {
  test('leave no overlap and no two changes of one time, and each acknowledged one is in the history', async () => {
    const { store, schema } = await server().newStore<{ x: string }>()
    const acknowledged: { recordedAt: string; value: string; from: string; to: string }[] = []
    await Promise.all(
      writers.map(async (writer) => {
        for (let n = 0; n < 40; n++) {
          const first = (writer * 7 + n * 13) % 50
          const [from, to] = [first, first + 1 + (n % 9)].map((day) =>
            new Date(Date.UTC(2026, 0, 1 + day)).toISOString(),
          )
          const value = `${writer}-${n}`
          const { recordedAt } = await store.assert('one', 'x', value, { from: from ?? '', to: to ?? '' })
          acknowledged.push({ recordedAt, value, from: from ?? '', to: to ?? '' })
        }
      }),
    )
    expect(new Set(acknowledged.map(({ recordedAt }) => recordedAt)).size).toBe(320)
    expect(await store.version('one', 'x')).toBe(320)
    const history = await store.history('one', 'x')
    for (const { recordedAt, value, from, to } of acknowledged) {
      const stated = history.filter((fact) => fact.value === value && fact.recorded.from === recordedAt)
      expect(stated.map(({ valid }) => [Date.parse(valid.from), Date.parse(valid.to)])).toEqual([
        [Date.parse(from), Date.parse(to)],
      ])
    }
    const { rows } = await server().pool.query(
      `select * from ${schema}.current_fact a join ${schema}.current_fact b
         on a.key_id = b.key_id and a.valid_from < b.valid_from and a.valid_to > b.valid_from`,
    )
    expect(rows).toEqual([])
    // one after the other in recorded time gives what is known now
    const replayed = new Map<number, string>()
    for (const { value, from, to } of acknowledged.sort((a, b) => (a.recordedAt < b.recordedAt ? -1 : 1)))
      for (let day = Date.parse(from); day < Date.parse(to); day += 86_400_000) replayed.set(day, value)
    for (const [day, value] of replayed)
      expect((await store.get('one', 'x', { validAt: new Date(day) }))?.value).toBe(value)
  })

  test('that begin with a key nobody knew make one key', async () => {
    const { store } = await server().newStore<{ x: number }>()
    const results = await Promise.allSettled(
      writers.map((writer) => store.record('new', 'x', writer, { from: '2026-01-01' })),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await store.history('new', 'x')).toHaveLength(1)
  })

  test('that expect the version they read count to what was acknowledged', async () => {
    const { store } = await server().newStore<{ count: number }>()
    await store.record('one', 'count', 0, { from: '2026-01-01', expected: 0 })
    let conflicts = 0
    const add = async (): Promise<void> => {
      for (;;) {
        const { value = 0, version = 0 } = (await store.get('one', 'count')) ?? {}
        try {
          await store.correct('one', 'count', value + 1, { from: '2026-01-01', expected: version })
          return
        } catch (thrown) {
          if (!(thrown instanceof VersionConflict)) throw thrown
          conflicts++
        }
      }
    }
    await Promise.all(
      writers.map(async () => {
        for (let n = 0; n < 10; n++) await add()
      }),
    )
    expect(await store.get('one', 'count')).toMatchObject({ value: 80, version: 81 })
    expect(conflicts).toBeGreaterThan(0)
  })

  test('and readers beside them get one answer for each point, never none and never half of a change', async () => {
    const { store } = await server().newStore<{ x: number }>()
    await store.record('one', 'x', -1, { from: '2026-01-01' })
    let isWriting = true
    const reading = (async () => {
      let reads = 0
      for (; isWriting; reads++) {
        const timeline = await store.timeline('one', 'x', { coalesce: false })
        expect(timeline[0]?.valid.from).toBe('2026-01-01T00:00:00.000000Z')
        expect(timeline.at(-1)?.valid.to).toBe('infinity')
        for (const [index, { valid }] of timeline.entries())
          if (index > 0) expect(timeline[index - 1]?.valid.to).toBe(valid.from)
        expect(await store.get('one', 'x', { validAt: '2026-01-15' })).toBeDefined()
      }
      return reads
    })()
    await Promise.all(
      writers.map(async (writer) => {
        for (let n = 0; n < 25; n++) {
          const from = new Date(Date.UTC(2026, 0, 2 + ((writer + n * 5) % 20)))
          await store.correct('one', 'x', n, { from, to: new Date(from.getTime() + 5 * 86_400_000) })
        }
      }),
    )
    isWriting = false
    expect(await reading).toBeGreaterThan(10)
  })
})
