import fc from 'fast-check'
import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import type { EventStore } from '../event-store.ts'
import { isEventStoreError } from '../errors/event-store-error.ts'
import { newEventId } from '../event-id.ts'
import { onServers } from '../servers.testkit.ts'
import type { InlineProjection } from './inline-projection.ts'

type Noted = { type: 'Noted'; data: number }

/** Counts per stream and in all, and refuses every 13. */
function counter(schema: string): InlineProjection<Noted> {
  return {
    name: 'counter',
    handle: {
      Noted: async ({ stream, data }, { client }) => {
        for (const name of [stream, 'all'])
          await client.query(
            `insert into ${schema}.counter as c values ($1, 1) on conflict (name) do update set n = c.n + 1`,
            [name],
          )
        if (data === 13) throw new Error('13')
      },
    },
  }
}

const streams = fc.constantFrom('a', 'b', 'c')
const steps = fc.record({
  how: fc.constantFrom('plain', 'again', 'batch', 'atomic', 'transaction', 'undone' as const),
  appends: fc.array(
    fc.record({
      stream: streams,
      expected: fc.constantFrom('any' as const, 'any' as const, 'none' as const, 3),
      data: fc.array(fc.integer({ min: 8, max: 14 }), { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
})
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never

const refusals: readonly string[] = ['VERSION_CONFLICT', 'PROJECTION_FAILED', 'BATCH_REFUSED']

async function perform(store: EventStore<Noted>, { how, appends }: Step): Promise<void> {
  const batch = appends.map(({ stream, expected, data }) => ({
    stream,
    expected,
    events: data.map((n) => ({ type: 'Noted' as const, data: n, id: newEventId() })),
  }))
  try {
    if (how === 'batch' || how === 'atomic') await store.appendBatch(batch, { atomic: how === 'atomic' })
    else
      for (const { stream, events, expected } of batch) {
        if (how === 'plain') await store.append(stream, events, { expected })
        else if (how === 'again')
          await Promise.allSettled([1, 2, 3].map(() => store.append(stream, events, { expected })))
        else
          await store.transaction(async (client) => {
            await store.append(stream, events, { expected, client }).catch((thrown: unknown) => {
              if (!isEventStoreError(thrown, 'PROJECTION_FAILED')) throw thrown
            })
            if (how === 'undone') throw new Error('undone')
          })
      }
  } catch (thrown) {
    const isMeant = isEventStoreError(thrown)
      ? refusals.includes(thrown.code)
      : String(thrown).endsWith('undone')
    if (!isMeant) throw thrown
  }
}

onServers('an inline counter under random concurrent appends', (server) => {
  test('is at every moment what is stored', async () => {
    const schema = server().newSchemaName()
    const inline = [counter(schema)]
    const { store } = await server().newStore<Noted>({ schema, inline })
    const { pool } = server()
    await pool.query(`create table ${schema}.counter (name text primary key, n int)`)
    const writers = [
      store,
      store,
      server().open<Noted>({ schema, inline }),
      server().open<Noted>({ schema, inline }),
    ]
    // one statement sees one moment
    const moment = async (): Promise<readonly unknown[]> => {
      const { rows } = await pool.query<{ stored: string; counted: string }>(
        `select (select count(*) from ${schema}.event) as stored,
           (select coalesce(max(n), 0) from ${schema}.counter where name = 'all') as counted`,
      )
      return [Number(rows[0]?.stored), Number(rows[0]?.counted)]
    }
    let looks = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(steps, { minLength: 1, maxLength: 5 }), { minLength: 4, maxLength: 4 }),
        async (histories) => {
          let isWriting = true
          const looking = (async () => {
            while (isWriting) {
              const [stored, counted] = await moment()
              expect(counted).toBe(stored)
              looks++
            }
          })()
          const writing = histories.map(async (history, nth) => {
            for (const step of history) await perform(writers[nth] ?? store, step)
          })
          await Promise.all(writing).finally(() => (isWriting = false))
          await looking
        },
      ),
      { numRuns: 8 },
    )
    expect(looks).toBeGreaterThan(8)
    const stored = await all(store.readAll())
    expect(stored.filter(({ data }) => data === 13)).toEqual([])
    expect(stored.length).toBeGreaterThan(20)
    const { rows } = await pool.query<{ name: string; n: number }>(`select * from ${schema}.counter`)
    for (const { name, n } of rows)
      expect([name, n]).toEqual([
        name,
        stored.filter(({ stream }) => name === 'all' || stream === name).length,
      ])
  })
})
