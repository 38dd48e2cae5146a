import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { EventStore, exportEvents, importEvents, install, verifyExport } from './eventstore.ts'
import { schemas } from './order.ts'

/** All events as a file, and the proof that the file brings them back: into a schema of its own, compared, dropped. */
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 3 })
const file = process.argv[2] ?? 'composable.events'
await pipeline(exportEvents(pool, { snapshots: true }), createWriteStream(file))
const { digest, counts, lastPosition } = await verifyExport(createReadStream(file))

const schema = 'export_check'
await install(pool, { schema })
try {
  await importEvents(pool, createReadStream(file), { schema, digest })
  const live = new EventStore({ pool, schemas }).readAll()
  let same = 0
  for await (const restored of new EventStore({ pool, schemas, schema }).readAll()) {
    const { value } = await live.next()
    if (JSON.stringify(value) !== JSON.stringify(restored))
      throw new Error(`event ${restored.id} is not the same`)
    if (restored.position <= lastPosition) same++
  }
  console.log(same === counts['event'] ? 'every event came back' : `${same} events of ${counts['event']}`)
} finally {
  await pool.query(`drop schema ${schema} cascade`)
  await pool.end()
}
