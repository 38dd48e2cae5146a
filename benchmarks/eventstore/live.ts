/*
 * How long an event takes from the answer to its writer until another process' subscription handles it, with 16
 * writers at full speed, and what the subscriber costs them.
 *
 *   node benchmarks/eventstore/live.ts [--rounds 5] [--seconds 2]
 */
import { parseArgs } from 'node:util'
import pg from 'pg'
import { EventStore, install } from '../../packages/eventstore/src/index.ts'
import { ThrowawayServer } from '../../packages/testbed/src/throwaway-server.ts'
import { goal } from '../figures.ts'
import { median } from '../median.ts'
import { metadata, payload } from './contender.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '2' } },
})
const seconds = Number(values.seconds)

await using server = await ThrowawayServer.start({
  major: 18,
  settings: { fsync: 'on', shared_buffers: '256MB' },
})
const newPool = (): pg.Pool => new pg.Pool({ ...server.config(), max: 8 }).on('error', () => undefined)
const [writing, reading] = [newPool(), newPool()]
await install(writing)
const writer = new EventStore({ pool: writing })
// a store of its own, so that it is woken as another process is
const reader = new EventStore({ pool: reading })

async function write(round: string, answered: Map<string, number>): Promise<number> {
  const end = performance.now() + seconds * 1000
  let appends = 0
  await Promise.all(
    Array.from({ length: 16 }, async (_, nth) => {
      while (performance.now() < end) {
        const stream = `w-${round}-${nth}`
        const { version } = await writer.append(stream, [{ type: 'Ordered', data: payload, metadata }])
        answered.set(`${stream} ${version}`, performance.now())
        appends++
      }
    }),
  )
  return appends / seconds
}

const alone: number[] = []
const watched: number[] = []
const delays: number[] = []
for (let round = 0; round < Number(values.rounds); round++) {
  alone.push(await write(`alone-${round}`, new Map()))
  const answered = new Map<string, number>()
  const handled = new Map<string, number>()
  const subscription = await reader.subscribe({
    name: `live-${round}`,
    from: 'end',
    handle: { Ordered: ({ stream, version }) => void handled.set(`${stream} ${version}`, performance.now()) },
  })
  watched.push(await write(`watched-${round}`, answered))
  await subscription.caughtUp()
  await subscription.stop()
  const each = [...answered].map(([event, at]) => Math.max(0, (handled.get(event) ?? Infinity) - at))
  delays.push(median(each))
}
console.log(goal('live latency p50 at 16 writers', median(delays), { atMost: 5 }, ' ms'))
console.log(
  goal('writers with a subscriber / without', median(watched) / median(alone), { atLeast: 0.95 }, 'x'),
)
console.log(
  `alone ${alone.map((each) => each.toFixed(0)).join(' ')}; watched ${watched.map((each) => each.toFixed(0)).join(' ')}`,
)
for (const store of [writer, reader]) await store.close()
for (const pool of [writing, reading]) await pool.end()
