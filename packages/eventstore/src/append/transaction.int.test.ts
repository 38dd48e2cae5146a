import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers } from '../servers.testkit.ts'

type Placed = { type: 'Placed'; data: { total: number } }

const placed = (total: number): Placed => ({ type: 'Placed', data: { total } })

onServers(
  'append in the transaction of the caller',
  (server) => {
    test('events and own statements are stored together or not at all', async () => {
      const { store, schema } = await server().newStore<Placed>()
      const { pool } = server()
      await pool.query(`create table ${schema}.orders (id text primary key)`)
      await store.transaction(async (client) => {
        await client.query(`insert into ${schema}.orders values ('1')`)
        await store.append('order-1', [placed(1)], { expected: 'none', client })
        await store.append('order-1', [placed(2), placed(3)], { expected: 1, client })
      })
      const failed = store.transaction(async (client) => {
        await store.append('order-2', [placed(1)], { client })
        await client.query(`insert into ${schema}.orders values ('1')`)
      })
      await expect(failed).rejects.toMatchObject({ code: '23505' })
      expect((await pool.query(`select * from ${schema}.orders`)).rowCount).toBe(1)
      expect((await all(store.readAll())).map(({ stream, version }) => `${stream} ${version}`)).toEqual([
        'order-1 1',
        'order-1 2',
        'order-1 3',
      ])
    })

    test('a conflict leaves the transaction usable', async () => {
      const { store } = await server().newStore<Placed>()
      await store.append('order', [placed(1)])
      const client = await server().pool.connect()
      try {
        await client.query('begin')
        await expect(store.append('order', [placed(2)], { expected: 'none', client })).rejects.toMatchObject({
          code: 'VERSION_CONFLICT',
          actual: 1,
        })
        const batch = [
          { stream: 'new', events: [placed(2)] },
          { stream: 'order', events: [placed(2)], expected: 'none' as const },
        ]
        await expect(store.appendBatch(batch, { atomic: true, client })).rejects.toMatchObject({
          code: 'BATCH_REFUSED',
        })
        await store.append('order', [placed(3)], { expected: 1, client })
        await client.query('commit')
      } finally {
        client.release()
      }
      expect((await all(store.readAll())).map(({ data }) => data.total)).toEqual([1, 3])
    })

    test('a client that has not begun a transaction is refused', async () => {
      const { store } = await server().newStore<Placed>()
      const client = await server().pool.connect()
      try {
        await expect(store.append('order', [placed(1)], { client })).rejects.toMatchObject({
          code: 'NO_TRANSACTION',
        })
      } finally {
        client.release()
      }
      expect(await store.stream('order')).toBeUndefined()
    })

    test('work that keeps the error of a failed statement to itself learns that nothing was stored', async () => {
      const { store } = await server().newStore<Placed>()
      const careless = store.transaction(async (client) => {
        await store.append('order', [placed(1)], { client })
        await client.query('select 1 / 0').catch(() => undefined)
      })
      await expect(careless).rejects.toMatchObject({ code: 'NO_TRANSACTION' })
      expect(await all(store.readAll())).toEqual([])
    })

    test('a prepared transaction holds readers up too, and is told', async () => {
      const { store } = await server().newStore<Placed>()
      const client = await server().pool.connect()
      await client.query('begin')
      await store.append('order', [placed(1)], { client })
      await client.query(`prepare transaction 'of a test'`)
      client.release()
      await store.append('other', [placed(2)])
      expect(await all(store.readAll())).toEqual([])
      expect(await store.stall()).toMatchObject({ pid: null, from: 0 })
      await server().pool.query(`commit prepared 'of a test'`)
      expect(await all(store.readAll())).toHaveLength(2)
    })

    test('many appends in one transaction do not fill the lock table', async () => {
      const { store } = await server().newStore<Placed>()
      const held = await store.transaction(async (client) => {
        for (let n = 0; n < 200; n++) await store.append(`order-${n}`, [placed(n)], { client })
        const { rows } = await client.query<{ n: string }>(
          `select count(*) n from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()`,
        )
        return Number(rows[0]?.n)
      })
      expect(held).toBe(1)
    })

    test('readers wait for it even when its first append was undone by a savepoint', async () => {
      const { store } = await server().newStore<Placed>()
      await store.transaction(async (client) => {
        await client.query('savepoint one')
        await store.append('undone', [placed(1)], { client })
        await client.query('rollback to savepoint one')
        await store.append('kept', [placed(2)], { client })
        await store.append('other', [placed(3)])
        expect(await all(store.readAll())).toEqual([])
      })
      expect((await all(store.readAll())).map(({ stream }) => stream)).toEqual(['kept', 'other'])
    })

    test('transactions that lock streams in opposite order: one is undone with an error that says to run it again', async () => {
      const { store } = await server().newStore<Placed>()
      let arrived = 0
      let open: () => void = () => undefined
      const both = new Promise<void>((resolve) => (open = resolve))
      const crossing = (first: string, second: string): Promise<unknown> =>
        store.transaction(async (client) => {
          await store.append(first, [placed(1)], { client })
          if (++arrived === 2) open()
          await both
          await store.append(second, [placed(2)], { client })
        })
      const results = await Promise.allSettled([crossing('a', 'b'), crossing('b', 'a')])
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'TRANSACTION_CLASH' },
      })
      expect(await all(store.readAll())).toHaveLength(2)
    })
  },
  { settings: { max_prepared_transactions: '5' } },
)
