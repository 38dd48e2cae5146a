import pg from 'pg'
import { EventStore } from './event-store.ts'

/*
 * A process to be killed: appends to its streams, keeps a table by a subscription, and says which events were
 * acknowledged, a line each. Arguments: the configuration of its pool as JSON, the schema, a name for its streams.
 */
const [config = '{}', schema = '', name = ''] = process.argv.slice(2)
const pool = new pg.Pool(JSON.parse(config) as pg.PoolConfig)
pool.on('error', () => undefined)
const store = new EventStore<{ type: 'Noted'; data: number }>({ pool, schema })

await store.subscribe({
  name: 'table',
  partitions: 2,
  batchSize: 10,
  handle: {
    Noted: ({ position }, { client }) =>
      client.query(`insert into ${schema}.handled values ($1)`, [position]),
  },
})
let n = 0
const write = async (stream: string): Promise<never> => {
  for (;;) {
    const { version } = await store.append(stream, [{ type: 'Noted', data: n++ }])
    process.stdout.write(`${stream} ${version}\n`)
  }
}
await Promise.all([1, 2, 3, 4].map((nth) => write(`${name}-${nth}`)))
