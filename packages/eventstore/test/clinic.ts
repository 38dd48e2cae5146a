import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { EventStore, exportEvents, install, isErased, verifyExport, type Personal } from '../src/index.ts'

type BedEvent =
  | { type: 'Admitted'; data: { patient: string; bed: string; name: Personal<string> } }
  | { type: 'Left'; data: { bed: string } }

const pool = new pg.Pool()
const schema = 'clinic'
await install(pool, { schema })
const store = new EventStore<BedEvent>({
  pool,
  schema,
  personal: { Admitted: { subject: ({ patient }) => patient, fields: ['name'] } },
})

// a bed is free when its last event says so: a condition on its tag, whatever stream the event is in
async function admit(patient: string, name: string, bed: string): Promise<string> {
  const none = { tags: [`bed:${bed}`] }
  let last
  for await (const event of store.readAll({ matching: none })) last = event
  if (last?.type === 'Admitted') return `${bed} is taken`
  await store.append(
    `patient-${patient}`,
    [{ type: 'Admitted', data: { patient, bed, name }, tags: [`bed:${bed}`] }],
    { condition: { none, after: last?.position ?? 0 } },
  )
  return `${name} has ${bed}`
}
console.log(await admit('p1', 'Ann', 'bed 1'))
console.log(await admit('p2', 'Bob', 'bed 1'))
console.log(await admit('p2', 'Bob', 'bed 2'))

// a person is forgotten: here, in snapshots and in every export, those that were written before too
await store.erase('p1')
for await (const { type, data } of store.readAll({ types: ['Admitted'] }))
  console.log(type, data.bed, isErased(data.name) ? 'somebody' : data.name)

const file = process.argv[2] ?? 'clinic.events'
await pipeline(exportEvents(pool, { schema }), createWriteStream(file))
console.log((await verifyExport(createReadStream(file))).counts)

await store.close()
await pool.end()
