import pg from 'pg'
import { addPartition } from './add-partition.ts'

/*
 * A process that adds a partition and is killed just before it sends a certain statement. Arguments: the configuration of
 * its pool as JSON, the schema, words of a statement before it, words of the statement.
 */
const [config = '{}', schema = '', before = '', words = ''] = process.argv.slice(2)
const pool = new pg.Pool(JSON.parse(config) as pg.PoolConfig)
let isNear = false
pool.on('connect', (client) => {
  const send = client.query.bind(client) as (...all: unknown[]) => unknown
  const killed = (...all: unknown[]) => {
    const text = typeof all[0] === 'string' ? all[0] : ''
    if (isNear && text.includes(words)) process.kill(process.pid, 'SIGKILL')
    if (text.includes(before)) isNear = true
    return send(...all)
  }
  client.query = killed as typeof client.query
})
await addPartition(pool, { schema, every: 1000 })
