import pg from 'pg'
import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { EventStore } from '../event-store.ts'
import { install } from '../schema/install.ts'
import { onServers, type StoreServer } from '../servers.testkit.ts'
import { exportEvents } from '../transfer/export-events.ts'

type Noted = { type: 'Noted'; data: number }

const noted = (data: number): Noted => ({ type: 'Noted', data })

async function connected(server: StoreServer): Promise<pg.Client> {
  const client = new pg.Client(server.server.config())
  await client.connect()
  return client
}

onServers('a client instead of a pool', (server) => {
  test('is what a store needs: side by side, in batches and transactions, also for two stores', async () => {
    const client = await connected(server())
    const schema = server().newSchemaName()
    await install(client, { schema })
    const store = new EventStore<Noted>({ pool: client, schema })
    const other = new EventStore<Noted>({ pool: client, schema })
    await Promise.all([
      ...[1, 2, 3].map((n) => store.append(`s${n}`, [noted(n)])),
      ...[4, 5].map((n) => other.append(`s${n}`, [noted(n)])),
      store.transaction((own) => store.append('t', [noted(6)], { client: own })),
      other
        .transaction(async (own) => {
          await other.append('u', [noted(7)], { client: own })
          throw new Error('undone')
        })
        .catch(() => undefined),
      store.appendBatch([{ stream: 'v', events: [noted(8)] }], { atomic: true }),
    ])
    expect((await all(store.readAll())).map(({ data }) => data).sort()).toEqual([1, 2, 3, 4, 5, 6, 8])
    expect((await all(exportEvents(client, { schema }))).join('')).toContain('Noted')
    const needsPool = { code: 'INVALID_OPTION', mend: expect.stringContaining('pool') as string }
    const subscription = { name: 'n', handle: () => undefined }
    await expect(store.subscribe(subscription)).rejects.toMatchObject(needsPool)
    const done = (): Promise<void> => Promise.resolve()
    await expect(store.rebuild({ ...subscription, prepare: done, swap: done })).rejects.toMatchObject(
      needsPool,
    )
    await store.close()
    await other.close()
    // it stays the user's
    expect((await client.query('select 1')).rowCount).toBe(1)
    await client.end()
  })

  test('in a transaction of the user is not used behind their back, and goes on afterwards', async () => {
    const client = await connected(server())
    const schema = server().newSchemaName()
    await install(client, { schema })
    const store = new EventStore<Noted>({ pool: client, schema })
    await client.query('begin')
    await expect(store.append('s', [noted(1)])).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      mend: expect.stringContaining('`client`') as string,
    })
    await store.append('s', [noted(2)], { client })
    await client.query('commit')
    await store.append('s', [noted(3)], { expected: 1 })
    expect((await all(store.read('s'))).map(({ data }) => data)).toEqual([2, 3])
    await client.end()
  })

  test('that is not connected is refused, and so is what is neither', async () => {
    const unconnected = new pg.Client(server().server.config())
    const invalid = { code: 'INVALID_OPTION', mend: expect.stringContaining('connect') as string }
    await expect(install(unconnected)).rejects.toMatchObject(invalid)
    await expect(new EventStore<Noted>({ pool: unconnected }).append('s', [noted(1)])).rejects.toMatchObject(
      invalid,
    )
    for (const other of [undefined, null, {}, 'postgres://localhost', { connect: () => undefined }]) {
      await expect(install(other as unknown as pg.Pool)).rejects.toMatchObject(invalid)
      expect(() => new EventStore({ pool: other as unknown as pg.Pool })).toThrow(
        expect.objectContaining(invalid),
      )
    }
  })

  test('installs in the transaction of the user, who commits it or not', async () => {
    const client = await connected(server())
    const schema = server().newSchemaName()
    const tables = async (): Promise<unknown> =>
      (await server().pool.query('select to_regclass($1) as found', [`${schema}.event`])).rows[0]
    await client.query('begin')
    await install(client, { schema })
    await client.query('rollback')
    expect(await tables()).toEqual({ found: null })
    await client.query('begin')
    await client.query(`create table of_the_user (n int)`)
    const version = await install(client, { schema })
    expect(await tables()).toEqual({ found: null })
    const store = new EventStore<Noted>({ pool: client, schema })
    await store.append('s', [noted(1)], { client })
    await client.query('commit')
    expect(await all(store.read('s'))).toHaveLength(1)
    // without a transaction of the user it has one of its own, and a client of a pool will do
    const pooled = await server().pool.connect()
    expect(await install(pooled, { schema })).toBe(version)
    pooled.release()
    await client.end()
  })
})
