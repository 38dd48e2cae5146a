import pg from 'pg'
import { expect, test } from 'vitest'
import { BitemporalStore } from '../bitemporal-store.ts'
import { install } from '../schema/install.ts'
import { onServers, type StoreServer } from '../servers.testkit.ts'
import { TypedTable } from '../table/typed-table.ts'

interface Facts extends Record<string, unknown> {
  readonly x: number
}

async function connected(server: StoreServer): Promise<pg.Client> {
  const client = new pg.Client(server.server.config())
  await client.connect()
  return client
}

const always = { from: '2026-01-01' }

onServers('a client instead of a pool', (server) => {
  test('is what a store needs: side by side, in transactions, also for two stores and a typed table', async () => {
    const client = await connected(server())
    const schema = server().newSchemaName()
    await install(client, { schema })
    const store = new BitemporalStore<Facts>({ pool: client, schema })
    const other = new BitemporalStore<Facts>({ pool: client, schema })
    const table = new TypedTable({
      pool: client,
      name: server().newSchemaName(),
      columns: { pay: 'integer' },
    })
    await table.create({ guard: false })
    await Promise.all([
      ...[1, 2, 3].map((n) => store.record(`s${n}`, 'x', n, always)),
      other.record('s4', 'x', 4, always),
      table.record('s', { pay: 1 }, always),
      other
        .transaction(async (own) => {
          await other.record('s5', 'x', 5, { ...always, client: own })
          throw new Error('undone')
        })
        .catch(() => undefined),
    ])
    const known = await Promise.all([1, 2, 3, 4, 5].map((n) => store.get(`s${n}`, 'x')))
    expect(known.map((fact) => fact?.value)).toEqual([1, 2, 3, 4, undefined])
    // it stays the user's
    expect((await client.query('select 1')).rowCount).toBe(1)
    await client.end()
  })

  test('in a transaction of the user is not used behind their back, and goes on afterwards', async () => {
    const client = await connected(server())
    const schema = server().newSchemaName()
    await client.query('begin')
    await install(client, { schema })
    await client.query('rollback')
    const { rows } = await client.query('select to_regclass($1) as found', [`${schema}.fact_key`])
    expect(rows).toEqual([{ found: null }])
    await client.query('begin')
    await install(client, { schema })
    const store = new BitemporalStore<Facts>({ pool: client, schema })
    await expect(store.record('s', 'x', 1, always)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      mend: expect.stringContaining('`client`') as string,
    })
    await store.record('s', 'x', 2, { ...always, client })
    await client.query('commit')
    expect((await store.get('s', 'x'))?.value).toBe(2)
    await client.end()
  })

  test('that is not connected is refused, and so is what is neither', async () => {
    const unconnected = new pg.Client(server().server.config())
    const invalid = { code: 'INVALID_OPTION', mend: expect.stringContaining('connect') as string }
    await expect(install(unconnected)).rejects.toMatchObject(invalid)
    await expect(
      new BitemporalStore<Facts>({ pool: unconnected }).record('s', 'x', 1, always),
    ).rejects.toMatchObject(invalid)
    for (const other of [undefined, {}, 'postgres://localhost', { connect: () => undefined }])
      expect(() => new BitemporalStore({ pool: other as unknown as pg.Pool })).toThrow(
        expect.objectContaining(invalid),
      )
  })
})
