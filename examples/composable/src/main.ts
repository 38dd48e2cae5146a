import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { EventStore, VersionConflict } from './eventstore.ts'
import { overview } from './order-overview.ts'
import { order, schemas, type OrderEvent } from './order.ts'

// at most 20 connections, each for half an hour, closed when idle for ten minutes
const pool = new pg.Pool({
  connectionString: process.env['DATABASE_URL'],
  max: 20,
  idleTimeoutMillis: 600_000,
  maxLifetimeSeconds: 1800,
})
const request = { correlationId: randomUUID(), userId: 'ann' }
const store = new EventStore<OrderEvent>({ pool, schemas, metadata: () => request, acquireMs: 10_000 })

const names = new Map<string, string>()
/** A stream that no earlier run has, and its short name. */
function newOrder(name: string): string {
  const stream = `order-${randomUUID()}`
  names.set(stream, name)
  return stream
}
const place = (stream: string, price: number) =>
  store.handle(stream, order, { do: 'place', customer: 'ann', items: [{ sku: 'tea', quantity: 2, price }] })

// decide and evolve: the stream is read, the decision is made, its events are appended
const first = newOrder('first')
await place(first, 10)
await store
  .handle(first, order, { do: 'ship', carrier: 'post' })
  .catch((error: Error) => console.log(error.message))

// events and a row of your own, or neither: the outbox is a transaction
await store.transaction(async (client) => {
  const reference = randomUUID()
  await store.handle(first, order, { do: 'pay', amount: 20, reference }, { client })
  await client.query('insert into payment values ($1, $2, $3)', [first, 20, reference])
})

// an expected version: who decided on an older state is refused
const { version } = await store.aggregate(first, order)
await store.append(first, [{ type: 'Shipped', data: { carrier: 'post' } }], { expected: version })
try {
  await store.append(first, [{ type: 'Cancelled', data: { reason: 'late' } }], { expected: version })
} catch (error) {
  if (!(error instanceof VersionConflict)) throw error
  console.log('expected version', error.expected, 'and found', error.actual)
}

// a batch: each append has a result of its own
const [second, third] = [newOrder('second'), newOrder('third')]
const placed: OrderEvent = {
  type: 'Placed',
  data: { customer: 'bob', items: [{ sku: 'cup', quantity: 1, price: 5 }], currency: 'EUR' },
}
const results = await store.appendBatch([
  { stream: second, events: [placed], expected: 'none' },
  { stream: first, events: [placed], expected: 'none' },
  { stream: third, events: [placed], expected: 'none' },
])
for (const result of results)
  console.log(names.get(result.stream), result.ok ? `at version ${result.version}` : result.error.code)

// a snapshot: of 100 payments, those since the newest one are read
const long = newOrder('long')
const snapshot = { name: 'order', every: 50, stateVersion: 1 }
await place(long, 500)
await store.append(
  long,
  Array.from({ length: 100 }, () => ({ type: 'Paid', data: { amount: 1, reference: 'cash' } }) as const),
)
await store.aggregate(long, { ...order, snapshot })
await store.handle(long, order, { do: 'pay', amount: 400, reference: 'bank' }, { snapshot })
const { state, replayed } = await store.aggregate(long, { ...order, snapshot })
console.log(state.due, 'due, read from', replayed, replayed === 1 ? 'event' : 'events')

// the read model follows, with its checkpoint; one parcel goes to a carrier that nobody knows
await store.append(long, [
  { type: 'Paid', data: { amount: 500, reference: 'bank' } },
  { type: 'Shipped', data: { carrier: `stork-${long}` } },
])
const subscription = await store.subscribe(overview)
await subscription.caughtUp()
async function rows(): Promise<string> {
  const found = await pool.query<{ id: string; status: string }>(
    'select id, status from order_overview where id = any($1)',
    [[...names.keys()]],
  )
  const line = found.rows.map(({ id, status }) => `${names.get(id)} ${status}`)
  return line.sort().join(', ')
}
console.log(await rows())

// put aside, mended, tried again
const failed = (await store.failedEvents(overview.name)).filter(({ event }) => event?.stream === long)
for (const { event, attempts } of failed) console.log(event?.type, 'failed', attempts, 'times')
await pool.query('insert into carrier values ($1)', [`stork-${long}`])
await store.retryFailed(
  overview.name,
  failed.map(({ position }) => position),
)
await subscription.caughtUp()
console.log(await rows())
const { behind, failedEvents } = await store.lag(overview.name)
console.log(behind, 'behind,', failedEvents, 'failed')

await store.close()
await pool.end()
