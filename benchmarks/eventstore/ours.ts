import pg from 'pg'
import { EventStore, install } from '../../packages/eventstore/src/index.ts'
import { metadata, payload, type Contender } from './contender.ts'

/** Of this repository, with a pool of its own. */
export async function ours(config: pg.PoolConfig): Promise<Contender> {
  const pool = new pg.Pool({ ...config, max: 8 })
  pool.on('error', () => undefined)
  await install(pool)
  const store = new EventStore({ pool })
  return {
    name: 'pgherd',
    append: (stream, count) =>
      store.append(
        stream,
        Array.from({ length: count }, () => ({ type: 'Ordered', data: payload, metadata })),
      ),
    read: async (stream) => {
      let count = 0
      for await (const _event of store.read(stream)) count++
      return count
    },
    catchUp: async (events) => {
      let count = 0
      let done: () => void = () => undefined
      const all = new Promise<void>((resolve) => (done = resolve))
      const subscription = await store.subscribe({
        name: `catch-up-${performance.now()}`,
        handle: { Ordered: () => void (++count === events && done()) },
      })
      await all
      await subscription.stop()
    },
    close: async () => {
      await store.close()
      await pool.end()
    },
  }
}
