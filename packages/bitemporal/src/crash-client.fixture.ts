import pg from 'pg'
import { BitemporalStore } from './bitemporal-store.ts'

/*
 * A process to be killed: changes its keys, two in one transaction now and then, and says which changes were
 * acknowledged, a line each. Arguments: the configuration of its pool as JSON, the schema, a name for its subjects.
 */
const [config = '{}', schema = '', name = ''] = process.argv.slice(2)
const pool = new pg.Pool(JSON.parse(config) as pg.PoolConfig)
pool.on('error', () => undefined)
const store = new BitemporalStore<{ a: number; b: number }>({ pool, schema })

const write = async (subject: string): Promise<never> => {
  for (let n = 0; ; n++) {
    // both or neither
    await store.transaction(async (client) => {
      await store.assert(subject, 'a', n, { from: '2026-01-01', client })
      await store.assert(subject, 'b', n, { from: '2026-01-01', client })
    })
    process.stdout.write(`${subject} ${n}\n`)
  }
}
await Promise.all([1, 2, 3, 4].map((nth) => write(`${name}-${nth}`)))
