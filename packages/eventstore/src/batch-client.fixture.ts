import pg from 'pg'
import { EventStore } from './event-store.ts'

/*
 * A process to be killed: appends the same number to three streams at a time, by batches and in transactions, to two
 * stores, one with an inline counter, and says what was acknowledged, a line each. Arguments: the configuration of its
 * pool as JSON, the schemas of the plain store and of the one that counts, a name for its numbers.
 */
const [config = '{}', plain = '', counting = '', name = ''] = process.argv.slice(2)
type Noted = { type: 'Noted'; data: string }
const pool = new pg.Pool(JSON.parse(config) as pg.PoolConfig)
pool.on('error', () => undefined)

function appendsTo(kind: string, data: string): { stream: string; events: [Noted] }[] {
  return [1, 2, 3].map((nth) => ({ stream: `${kind}-${nth}`, events: [{ type: 'Noted', data }] }))
}

function writersOf(schema: string, store: EventStore<Noted>): Promise<never>[] {
  const ways: Record<string, (data: string) => Promise<unknown>> = {
    batch: (data) => store.appendBatch(appendsTo('batch', data)),
    atomic: (data) => store.appendBatch(appendsTo('atomic', data), { atomic: true }),
    transaction: (data) =>
      store.transaction(async (client) => {
        await client.query(`insert into ${schema}.own values ($1)`, [data])
        for (const { stream, events } of appendsTo('transaction', data))
          await store.append(stream, events, { client })
      }),
  }
  return Object.entries(ways).map(async ([kind, write]) => {
    for (let n = 0; ; n++) {
      const data = `${name}-${n}`
      await write(data)
      process.stdout.write(`${schema} ${kind} ${data}\n`)
    }
  })
}

const count = {
  Noted: (_: unknown, { client }: { client: pg.ClientBase }) =>
    client.query(`update ${counting}.counter set n = n + 1`),
}
await Promise.all([
  ...writersOf(plain, new EventStore<Noted>({ pool, schema: plain })),
  ...writersOf(
    counting,
    new EventStore<Noted>({ pool, schema: counting, inline: [{ name: 'counter', handle: count }] }),
  ),
])
