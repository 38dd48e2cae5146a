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
  },
  { settings: { fsync: 'on' } },
)
