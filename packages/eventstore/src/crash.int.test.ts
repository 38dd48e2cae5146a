import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { OutcomeUnknown } from './append/unknown-outcome.ts'
import { isEventStoreError } from './errors/event-store-error.ts'
import { newEventId } from './event-id.ts'
import type { EventStore } from './event-store.ts'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers, type StoreServer } from './servers.testkit.ts'

type Noted = { type: 'Noted'; data: number }
type Named = { type: 'Noted'; data: string }

async function withHandledTable(server: StoreServer): Promise<{ store: EventStore<Noted>; schema: string }> {
  const made = await server.newStore<Noted>()
  await server.pool.query(`create table ${made.schema}.handled (position bigint)`)
  return made
}

async function handled(server: StoreServer, schema: string): Promise<number[]> {
  const { rows } = await server.pool.query<{ position: string }>(
    `select position from ${schema}.handled order by position`,
  )
  return rows.map(({ position }) => Number(position))
}

onServers(
  'kill -9',
  (server) => {
    test('of the server under writers and a subscription: acknowledged is stored, and what was unknown is settled by the same ids', async () => {
      const { store, schema } = await withHandledTable(server())
      const subscription = await store.subscribe({
        name: 'table',
        batchSize: 20,
        onError: () => undefined,
        handle: {
          Noted: ({ position }, { client }) =>
            client.query(`insert into ${schema}.handled values ($1)`, [position]),
        },
      })
      const acknowledged = new Map<string, string>()
      const codes = new Set<string>()
      let isWriting = true
      const write = async (writer: number): Promise<void> => {
        for (let n = 0; isWriting; n++) {
          const stream = `w${writer}`
          const event = { type: 'Noted' as const, data: n, id: newEventId() }
          for (;;) {
            try {
              const { version } = await store.append(stream, [event], { expected: n })
              acknowledged.set(event.id, `${stream} ${version}`)
              break
            } catch (thrown) {
              if (!isEventStoreError(thrown)) throw thrown
              if (thrown instanceof OutcomeUnknown)
                expect(thrown.appends).toEqual([{ stream, eventIds: [event.id] }])
              codes.add(thrown.code)
              await sleep(20)
            }
          }
        }
      }
      const writing = Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(write))
      for (let kills = 0; kills < 2; kills++) {
        await sleep(300)
        await server().server.halt('SIGKILL')
        await server().server.launch()
      }
      await sleep(300)
      isWriting = false
      await writing
      expect([...codes].filter((code) => code !== 'OUTCOME_UNKNOWN' && code !== 'UNREACHABLE')).toEqual([])
      expect(codes).toContain('OUTCOME_UNKNOWN')
      const stored = await all(store.readAll())
      expect(new Map(stored.map(({ id, stream, version }) => [id, `${stream} ${version}`]))).toEqual(
        acknowledged,
      )
      await subscription.caughtUp()
      expect(await handled(server(), schema)).toEqual(stored.map(({ position }) => position))
      await subscription.stop()
    })

    test('of clients that write and project: another goes on, each event counts once, acknowledged ones are there', async () => {
      const { store, schema } = await withHandledTable(server())
      const acknowledged: string[] = []
      const config = JSON.stringify(server().server.config())
      const program = join(import.meta.dirname, 'crash-client.fixture.ts')
      for (let kills = 0; kills < 3; kills++) {
        const child = spawn(process.execPath, [program, config, schema, `c${kills}`], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        const gone = once(child, 'exit')
        const lines = createInterface({ input: child.stdout })
        let heard = 0
        const enough = new Promise<void>((resolve) => {
          lines.on('line', (line) => {
            acknowledged.push(line)
            if (++heard === 150) resolve()
          })
        })
        await Promise.race([enough, gone])
        child.kill('SIGKILL')
        expect(await gone).toEqual([null, 'SIGKILL'])
      }
      const subscription = await store.subscribe({
        name: 'table',
        partitions: 2,
        handle: {
          Noted: ({ position }, { client }) =>
            client.query(`insert into ${schema}.handled values ($1)`, [position]),
        },
      })
      // a backend whose client is gone ends when it has something to say, and its partition is free then
      await expect.poll(async () => (await store.lag('table')).behind, { timeout: 20_000 }).toBe(0)
      const stored = await all(store.readAll())
      expect(acknowledged.length).toBeGreaterThanOrEqual(450)
      const known = new Set(stored.map(({ stream, version }) => `${stream} ${version}`))
      expect(acknowledged.filter((line) => !known.has(line))).toEqual([])
      expect(await handled(server(), schema)).toEqual(stored.map(({ position }) => position))
      await subscription.stop()
    })

    test('of clients in batches, atomic ones, transactions and inline projections: acknowledged is stored, and the rest whole or not at all', async () => {
      const { store: plain, schema: plainly } = await server().newStore<Named>()
      const { store: counting, schema: counted } = await server().newStore<Named>()
      const { pool } = server()
      for (const schema of [plainly, counted]) await pool.query(`create table ${schema}.own (data text)`)
      await pool.query(`create table ${counted}.counter (n int); insert into ${counted}.counter values (0)`)
      const acknowledged = new Set<string>()
      const config = JSON.stringify(server().server.config())
      const program = join(import.meta.dirname, 'batch-client.fixture.ts')
      for (let kills = 0; kills < 2; kills++) {
        const child = spawn(process.execPath, [program, config, plainly, counted, `c${kills}`], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        const gone = once(child, 'exit')
        const ways = new Set<string>()
        let heard = 0
        const enough = new Promise<void>((resolve) => {
          createInterface({ input: child.stdout }).on('line', (line) => {
            acknowledged.add(line)
            ways.add(line.slice(0, line.lastIndexOf(' ')))
            if (++heard >= 60 && ways.size === 6) resolve()
          })
        })
        await Promise.race([enough, gone])
        child.kill('SIGKILL')
        expect(await gone).toEqual([null, 'SIGKILL'])
      }
      for (const [store, schema] of [
        [plain, plainly],
        [counting, counted],
      ] as const) {
        // a backend whose client is gone ends when it has something to say
        await expect.poll(() => store.stall(), { timeout: 20_000 }).toBeUndefined()
        const stored = await all(store.readAll())
        const found = new Map<string, number>()
        for (const { stream, data } of stored) {
          const key = `${schema} ${stream.split('-')[0]} ${data}`
          found.set(key, (found.get(key) ?? 0) + 1)
        }
        for (const line of acknowledged)
          if (line.startsWith(`${schema} `)) expect([line, found.get(line)]).toEqual([line, 3])
        const torn = [...found].filter(([key, count]) => count !== 3 && !key.startsWith(`${schema} batch `))
        expect(torn).toEqual([])
        const { rows } = await pool.query<{ data: string }>(`select data from ${schema}.own`)
        const inTransactions = [...found.keys()].filter((key) => key.startsWith(`${schema} transaction `))
        expect(rows.map(({ data }) => `${schema} transaction ${data}`).sort()).toEqual(inTransactions.sort())
        if (schema === counted)
          expect((await pool.query(`select n from ${schema}.counter`)).rows).toEqual([{ n: stored.length }])
      }
    })
  },
  { settings: { fsync: 'on' } },
)
