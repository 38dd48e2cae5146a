import { join } from 'node:path'
import type { Herd } from '@pgherd/testbed/herd.ts'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EventStore } from '../../../examples/composable/src/eventstore.ts'
import { overview } from '../../../examples/composable/src/order-overview.ts'
import { order, schemas, type Order, type OrderEvent } from '../../../examples/composable/src/order.ts'
import { specification } from '../../eventstore/src/testing/given-when-then.ts'
import { expectReadme, herdOf, printed } from './example.fixture.ts'

let herd: Herd
let pool: pg.Pool
let store: EventStore<OrderEvent>
let said: string

beforeAll(async () => {
  herd = await herdOf('composable')
  expect((await herd.run('migrate', 'lint', '--json')).json()).toMatchObject({ findings: [] })
  expect((await herd.run('migrate', 'up', '--json')).code).toBe(0)
  await printed(herd, 'composable_owner', 'composable', 'src/install.ts')
  said = await printed(herd, 'composable', 'composable', 'src/main.ts')
  pool = new pg.Pool({ connectionString: (await herd.url('composable')).url, max: 5 })
  store = new EventStore<OrderEvent>({ pool, schemas })
})
afterAll(async () => {
  await store?.close()
  await pool?.end()
  await herd?.[Symbol.asyncDispose]()
})

/** Every order as its events make it. */
async function folded(): Promise<ReadonlyMap<string, Order>> {
  const orders = new Map<string, Order>()
  for await (const event of store.readAll())
    orders.set(event.stream, order.evolve(orders.get(event.stream) ?? order.initial(), event))
  return orders
}

async function counted(text: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(`select count(*)::int as n from ${text}`)
  return rows[0]?.n ?? -1
}

test('the programs print what README.md says, and its code is the file', async () => {
  const file = join(herd.directory, 'composable.events')
  const check = await printed(herd, 'composable_owner', 'composable', 'src/check-export.ts', file)
  expectReadme('composable', { files: ['src/order-overview.ts'], outputs: [said, check] })
  // the scratch schema is gone
  expect(await counted(`pg_namespace where nspname = 'export_check'`)).toBe(0)
})

test('main.ts stored what it told of', async () => {
  // first: placed, paid, shipped; two of a batch; long: placed, 101 payments, and two more
  expect(await counted('eventstore.event')).toBe(3 + 2 + 104)
  expect(await counted('eventstore.snapshot')).toBe(1)
  expect(await counted('payment')).toBe(1)
  const metadata = []
  for await (const event of store.readAll()) metadata.push(event.metadata)
  expect(new Set(metadata.map(({ correlationId }) => correlationId)).size).toBe(1)
  expect(metadata.every(({ userId }) => userId === 'ann')).toBe(true)
})

test('the read model is the fold of the events', async () => {
  const { rows } = await pool.query<{ id: string } & Order>('select * from order_overview order by id')
  const orders = await folded()
  expect(orders.size).toBe(4)
  expect(rows).toEqual(
    [...orders].map(([id, state]) => ({ id, ...state })).sort((a, b) => (a.id < b.id ? -1 : 1)),
  )
})

test('the subscription goes on where it was, and handles nothing twice', async () => {
  await store.handle('order-next', order, {
    do: 'place',
    customer: 'eve',
    items: [{ sku: 'pot', quantity: 1, price: 30 }],
  })
  const subscription = await store.subscribe(overview)
  await subscription.caughtUp()
  await subscription.stop()
  expect(await counted('order_overview')).toBe(5)
  expect(await store.failedEvents(overview.name)).toEqual([])
})

test('events and the row beside them are stored both or neither', async () => {
  const before = await counted('eventstore.event')
  const again = store.transaction(async (client) => {
    await store.handle('order-next', order, { do: 'pay', amount: 30, reference: 'r' }, { client })
    await client.query(`insert into payment values ('order-next', -1, 'r')`)
  })
  await expect(again).rejects.toMatchObject({ code: '23514' })
  expect(await counted('eventstore.event')).toBe(before)
})

test('of many who decide on the same state one is right, the others are told', async () => {
  const { version } = await store.aggregate('order-next', order)
  const cancel: OrderEvent = { type: 'Cancelled', data: { reason: 'race' } }
  const results = await Promise.allSettled(
    Array.from({ length: 10 }, () => store.append('order-next', [cancel], { expected: version })),
  )
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const result of results)
    if (result.status === 'rejected')
      expect(result.reason).toMatchObject({ code: 'VERSION_CONFLICT', actual: version + 1 })
})

test('an event of the first schema version is read as one of today', async () => {
  const before = new EventStore({ pool })
  await before.append('order-old', [{ type: 'Placed', data: { customer: 'old', items: [] } }])
  await before.close()
  for await (const event of store.read('order-old'))
    expect(event).toMatchObject({ schemaVersion: 2, data: { customer: 'old', currency: 'EUR' } })
})

test('the application cannot change the tables', async () => {
  for (const text of ['drop table eventstore.event', 'truncate eventstore.event', 'create table mine ()'])
    await expect(pool.query(text), text).rejects.toMatchObject({ code: '42501' })
})

test('decisions, without a database', () => {
  const items = [{ sku: 'tea', quantity: 2, price: 10 }]
  const placed: OrderEvent = { type: 'Placed', data: { customer: 'ann', items, currency: 'EUR' } }
  const cancelled: OrderEvent = { type: 'Cancelled', data: { reason: 'late' } }
  specification(order)(placed)
    .when({ do: 'pay', amount: 20, reference: 'r' })
    .thenEvents({ type: 'Paid', data: { amount: 20, reference: 'r' } })
  specification(order)(placed, cancelled).when({ do: 'cancel', reason: 'again' }).thenEvents()
})

test('the server is tuned for events, and pgherd finds nothing undeclared', async () => {
  const { rows } = await pool.query(
    `select name, current_setting(name) as value from pg_settings where name in ('autovacuum_analyze_scale_factor',
       'log_min_duration_statement', 'random_page_cost', 'synchronous_commit', 'wal_level') order by name`,
  )
  expect(rows.map(({ name, value }) => `${name} ${value}`)).toEqual([
    'autovacuum_analyze_scale_factor 0.02',
    'log_min_duration_statement 1s',
    'random_page_cost 1.1',
    'synchronous_commit on',
    'wal_level replica',
  ])
  expect((await herd.run('plan', '--json')).json()).toMatchObject({ steps: [] })
})
