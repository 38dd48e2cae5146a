import { createReadStream } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import {
  BitemporalStore,
  describeEntity,
  Entities,
  exportFacts,
  importFacts,
  install,
  TypedTable,
  UncoveredReference,
} from '../src/index.ts'

const pool = new pg.Pool()
await install(pool, { schema: 'staff' })
const store = new BitemporalStore({ pool, schema: 'staff' })

// columns in place of a JSON value; numeric comes back as text, with every digit
const jobs = new TypedTable({
  pool,
  name: 'jobs',
  columns: { pay: 'numeric(10,2)', department: 'text', since: 'date null' },
})
await jobs.create()

// a department has to exist for as long as somebody is in it
await jobs.references.add({ by: 'department', to: { schema: 'staff', predicate: 'entity:department' } })

const staff = new Entities(store, {
  entities: { department: { attributes: ['title'] }, person: {} },
  relationships: { heads: ['person', 'department'] },
})
await staff.enforce()
await staff.entity('department', 'd1', { from: '2024-01-01', to: '2027-01-01' })
await staff.attribute('department', 'd1', 'title', 'Research', { from: '2024-01-01', to: '2027-01-01' })

try {
  await jobs.record('ann', { pay: 4000, department: 'd1' }, { from: '2025-01-01' })
} catch (thrown) {
  if (!(thrown instanceof UncoveredReference)) throw thrown
  console.log(thrown.code, thrown.parentSubject, 'from', thrown.uncovered[0]?.from.slice(0, 10))
}
await jobs.record('ann', { pay: 4000, department: 'd1' }, { from: '2025-01-01', to: '2027-01-01' })
await jobs.supersede('ann', { pay: '4200.50', department: 'd1', since: '2026-03-01' }, { from: '2026-03-01' })
console.log((await jobs.get('ann', { validAt: '2026-06-01' }))?.value)
console.log((await describeEntity(store, 'department', 'd1', { validAt: '2026-06-01' }))?.attributes)
await store
  .retract('d1', 'entity:department', { from: '2026-06-01' })
  .catch((error: { code: string }) => console.log('close d1 in June:', error.code))

// everything that is and was known, as lines of text, and into another store
const file = join(tmpdir(), `staff-${process.pid}.b6nf`)
await writeFile(file, exportFacts(pool, { schema: 'staff' }))
await install(pool, { schema: 'copy' })
console.log(await importFacts(pool, createReadStream(file), { schema: 'copy' }), 'records imported')
await rm(file)

await pool.end()
