import pg from 'pg'
import { BitemporalStore, install } from '../src/index.ts'

const pool = new pg.Pool() // PGHOST, PGUSER, PGPASSWORD, PGDATABASE
await install(pool) // once; does nothing when it is there
const store = new BitemporalStore<{ salary: number; team: string; lead: string }>({ pool })

// what holds, and for which period; the server notes when it was told
await store.record('ann', 'salary', 4000, { from: '2025-01-01' })
await store.record('ann', 'team', 'red', { from: '2025-01-01' })
await store.record('red', 'lead', 'bob', { from: '2024-01-01' })

// the payroll of June is run with what is known now
const { recordedAt: june } = await store.supersede('ann', 'salary', 4200, { from: '2025-04-01' })

// later it turns out that the rise was for March already
await store.correct('ann', 'salary', 4200, { from: '2025-03-01', to: '2025-04-01' })

const inMarch = { validAt: '2025-03-15' }
console.log('March, as we know it now:', (await store.get('ann', 'salary', inMarch))?.value)
console.log(
  'March, as we knew it then:',
  (await store.get('ann', 'salary', { ...inMarch, recordedAt: june }))?.value,
)

for (const { value, valid } of await store.timeline('ann', 'salary'))
  console.log(value, valid.from.slice(0, 10), valid.to.slice(0, 10))

// what changed since the payroll, to be paid after
for await (const { subject, predicate, removed, added } of store.changes({ after: june }))
  console.log(subject, predicate, removed.length, 'fact became', added.length)

// nobody overwrites what somebody else learned meanwhile
const { version = 0 } = (await store.get('ann', 'salary')) ?? {}
await store.supersede('ann', 'salary', 4500, { from: '2025-09-01', expected: version })
await store
  .supersede('ann', 'salary', 9000, { from: '2025-09-01', expected: version })
  .catch((error: { code: string }) => console.log(error.code))

// who led whom at a time: the value of `team` is the subject of `lead`
for await (const { left, right } of store.join('team', 'lead', { on: 'reference', ...inMarch }))
  console.log(left.subject, 'in', left.value, 'under', right.value)

await pool.end()
