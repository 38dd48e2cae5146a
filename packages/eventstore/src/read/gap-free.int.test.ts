import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers } from '../servers.testkit.ts'

type Noted = { type: 'Noted'; data: number }

const noted = (data: number): Noted => ({ type: 'Noted', data })

/** Whoever reads on from the last position seen, as one would with a serial. */
class PollingReader {
  readonly seen: number[] = []
  readonly #next: (after: number) => Promise<readonly number[]>

  constructor(next: (after: number) => Promise<readonly number[]>) {
    this.#next = next
  }

  async poll(): Promise<void> {
    this.seen.push(...(await this.#next(this.seen.at(-1) ?? 0)))
  }
}

onServers('reading on from the last position', (server) => {
  test('under slow, aborting and mixed transactions loses nothing, where `position > last` does', async () => {
    const { store, schema } = await server().newStore<Noted>()
    const { pool } = server()
    const ours = new PollingReader(async (after) =>
      (await all(store.readAll({ after }))).map(({ position }) => position),
    )
    const naive = new PollingReader(async (after) => {
      const text = `select position from ${schema}.event where position > $1 order by position`
      const { rows } = await pool.query<{ position: string }>(text, [after])
      return rows.map(({ position }) => Number(position))
    })
    let isWriting = true
    const until = Date.now() + 1500
    const writer = async (id: number): Promise<void> => {
      const own = server().open<Noted>({ schema })
      for (let n = 0; Date.now() < until; n++) {
        if (id < 3) await own.append(`plain-${id}`, [noted(n), noted(n)])
        else {
          const ended = own.transaction(async (client) => {
            await own.append(`slow-${id}`, [noted(n)], { client })
            await sleep(id * 3)
            await own.append(`slow-${id}`, [noted(n)], { client })
            if (n % 3 === 0) throw new Error('undone')
          })
          await ended.catch((thrown: Error) => expect(thrown.message).toBe('undone'))
        }
      }
    }
    const reading = [ours, naive].map(async (reader) => {
      while (isWriting) await reader.poll()
      await reader.poll()
    })
    await Promise.all([0, 1, 2, 3, 4, 5].map(writer))
    isWriting = false
    await Promise.all(reading)
    const { rows } = await pool.query<{ position: string }>(
      `select position from ${schema}.event order by position`,
    )
    const committed = rows.map(({ position }) => Number(position))
    expect(ours.seen).toEqual(committed)
    // the race is real: what reads by position alone has missed some of it
    expect(naive.seen.length).toBeLessThan(committed.length)
  })

  test('stops before an open append, whose transaction is named, and goes on when it ends', async () => {
    const { store } = await server().newStore<Noted>()
    await store.append('before', [noted(1)])
    expect(await store.stall()).toBeUndefined()
    const pid = await store.transaction(async (client) => {
      await store.append('open', [noted(2)], { client })
      await store.append('after', [noted(3)])
      expect((await all(store.readAll())).map(({ stream }) => stream)).toEqual(['before'])
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() pid')
      expect(await store.stall()).toMatchObject({ pid: rows[0]?.pid, state: 'idle in transaction', from: 1 })
      return rows[0]?.pid
    })
    expect(pid).toBeTypeOf('number')
    expect(await store.stall()).toBeUndefined()
    expect((await all(store.readAll())).map(({ stream }) => stream)).toEqual(['before', 'open', 'after'])
  })

  test('is not held up by transactions that append nothing, in this database or another', async () => {
    const { store, schema } = await server().newStore<Noted>()
    const database = `other_${schema}`
    await server().pool.query(`create database ${database}`)
    const foreign = await Promise.all(
      ['postgres', database].map(async (name) => {
        const client = await server().server.connect(name)
        // with a transaction id, which is what holds up readers that go by xmin
        await client.query(
          `begin; create table if not exists idle_writer (n int); insert into idle_writer values (1)`,
        )
        return client
      }),
    )
    await store.append('s', [noted(1)])
    expect(await all(store.readAll())).toHaveLength(1)
    for (const client of foreign) {
      await client.query('rollback')
      await client.end()
    }
  })

  test('an open append of a store of the same name in another database holds up nobody here', async () => {
    const { schema, store } = await server().newStore<Noted>()
    const database = `twin_${schema}`
    await server().pool.query(`create database ${database} template template0`)
    const pool = server().newPool({ database })
    const { install } = await import('../schema/install.ts')
    await install(pool, { schema })
    const twin = server().open<Noted>({ schema, pool })
    await twin.transaction(async (client) => {
      await twin.append('s', [noted(1)], { client })
      await store.append('s', [noted(2)])
      expect(await all(store.readAll())).toHaveLength(1)
    })
    await twin.close()
    await pool.end()
  })

  test.each([2 ** 31, 2 ** 32, 2 ** 40])(
    'is right around position %i, where halves of the number wrap',
    async (around) => {
      const { store, schema } = await server().newStore<Noted>()
      await server().pool.query(`select setval('${schema}.event_position', $1)`, [around - 3])
      await store.append('before', [noted(1)])
      await store.transaction(async (client) => {
        await store.append('open', [noted(2), noted(3), noted(4)], { client })
        await store.append('after', [noted(5)])
        expect((await all(store.readAll())).map(({ position }) => position)).toEqual([around - 2])
      })
      expect((await all(store.readAll())).map(({ position }) => position - around)).toEqual([-2, -1, 0, 1, 2])
    },
  )
})
