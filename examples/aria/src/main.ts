import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { BitemporalStore, isBitemporalError } from './bitemporal.ts'
import type { WorldFacts } from './facts.ts'
import { explain, plan } from './planning.ts'

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 10 })
const store = new BitemporalStore<WorldFacts>({ pool })

// a world that no earlier run has
const world = randomUUID().slice(0, 8)
const [robot, near, far] = ['robot', 'near', 'far'].map((name) => `${name}-${world}`) as [
  string,
  string,
  string,
]
const short = (name = 'nowhere') => name.replace(`-${world}`, '')
const at = (time: string) => `2026-03-02T${time}:00Z`

// facts are stated for a period; the server notes when it was told
await store.load([
  { subject: near, predicate: 'zone', value: 'cold', from: '-infinity' },
  { subject: far, predicate: 'zone', value: 'dry', from: '-infinity' },
  { subject: robot, predicate: 'arm', value: { reach: 80, joints: 6 }, from: at('06:00') },
])
await store.record(robot, 'at', near, { from: at('08:00') })
await store.record(robot, 'holds', 'crate 7', { from: at('08:15'), to: at('09:30') })
await store.supersede(robot, 'at', far, { from: at('09:00') })

// a plan is made with what is known; then it turns out that the robot was there earlier
const planned = await plan(store, robot, 'fetch crate 8', at('08:45'))
console.log('planned from', short(planned.start))
await store.correct(robot, 'at', far, { from: at('08:30'), to: at('09:00') })
const { then, now } = await explain(pool, store, planned.id)
console.log('it was at', short(now), 'and the plan began at', short(then))

// as of any time, a subject with all that holds, and a key over time
for (const { predicate, value } of await store.about(robot, { validAt: at('08:20') }))
  console.log(' ', predicate, value === near ? 'near' : value)
const line = await store.timeline(robot, 'at')
console.log(
  'timeline:',
  line.map(({ value, valid }) => `${short(value)} from ${valid.from.slice(11, 16)}`).join(', '),
)
const known = (await store.history(robot, 'at')).map(({ value, valid, recorded }) => {
  const until = recorded.to === 'infinity' ? 'known' : 'known no more'
  return `${short(value)} ${valid.from.slice(11, 16)} to ${valid.to === 'infinity' ? 'ever' : valid.to.slice(11, 16)} is ${until}`
})
console.log(known.join('\n'))

// what became known since the plan: whoever planned with the old facts plans again
for await (const { predicate, removed, added } of store.changes({ after: planned.knownAt, subject: robot }))
  console.log('since the plan,', predicate, 'has', added.length, 'facts for', removed.length)

// facts that hold together: the value of `at` is the subject of `zone`
const morning = { from: at('08:00'), to: at('10:00') }
for await (const { left, right, valid } of store.join('at', 'zone', { on: 'reference', during: morning }))
  if (left.subject === robot) console.log('zone', right.value, 'from', valid.from.slice(11, 16))

// nobody overwrites what somebody else learned, and what was wrong altogether is taken back
const { version = 0 } = (await store.get(robot, 'at', { validAt: at('12:00') })) ?? {}
await store.supersede(robot, 'at', near, { from: at('11:00'), expected: version })
await store.supersede(robot, 'at', far, { from: at('11:30'), expected: version }).catch((error: unknown) => {
  if (!isBitemporalError(error)) throw error
  console.log(error.code)
})
await store.retract(robot, 'holds', { from: at('08:15'), to: at('09:30') })
console.log('holds', (await store.get(robot, 'holds', { validAt: at('09:00') }))?.value ?? 'nothing')

await pool.end()
