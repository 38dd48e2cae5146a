/*
 * Appends, reads and catches up, each contender on the same server with fsync on, medians of rounds in turn, after one
 * that does not count: a program that has run for seconds is what users have, and it is compiled by then.
 *
 *   npm install --prefix benchmarks/eventstore          once, for the peer
 *   node benchmarks/eventstore/append.ts [--rounds 5] [--seconds 2] [--ours]
 *
 * --ours leaves the peer out and prints figures without ratios.
 */
import { parseArgs } from 'node:util'
import { ThrowawayServer } from '../../packages/testbed/src/throwaway-server.ts'
import { median, secondsOf } from '../median.ts'
import type { Contender } from './contender.ts'
import { emmett } from './emmett.ts'
import { ours } from './ours.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    ours: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)

interface Work {
  readonly label: string
  /** Of the peer at least, or of its latency at most. */
  readonly goal: string
  readonly unit: string
  readonly measure: (contender: Contender, round: number) => Promise<number>
}

/** Writers with a stream each, each waiting for its answer, for some seconds. */
async function writers(
  contender: Contender,
  count: number,
  events: number,
  round: number,
): Promise<number[]> {
  const latencies: number[] = []
  const end = performance.now() + seconds * 1000
  await Promise.all(
    Array.from({ length: count }, async (_, writer) => {
      for (let begun = performance.now(); begun < end; begun = performance.now()) {
        await contender.append(`w-${count}-${events}-${round}-${writer}`, events)
        latencies.push(performance.now() - begun)
      }
    }),
  )
  return latencies
}

const perSecond = (count: number, events: number) => async (contender: Contender, round: number) =>
  ((await writers(contender, count, events, round)).length * events) / seconds

const streamLength = 10_000
const works: readonly Work[] = [
  {
    label: '1 writer x 1, p50 latency',
    goal: 'at most 0.33x',
    unit: 'us',
    measure: async (contender, round) => median(await writers(contender, 1, 1, round)) * 1000,
  },
  { label: '16 writers x 1', goal: 'at least 2.7x', unit: 'events/s', measure: perSecond(16, 1) },
  { label: '64 writers x 1', goal: 'at least 5.5x', unit: 'events/s', measure: perSecond(64, 1) },
  { label: '16 writers x 10', goal: 'at least 2.1x', unit: 'events/s', measure: perSecond(16, 10) },
  {
    label: 'read 10 000 events',
    goal: 'at least 2.3x',
    unit: 'events/s',
    measure: async (contender, round) => {
      for (let at = 0; at < streamLength; at += 500) await contender.append(`long-${round}`, 500)
      let found = 0
      const took = await secondsOf(async () => (found = await contender.read(`long-${round}`)))
      if (found !== streamLength) throw new Error(`${contender.name} read ${found} of ${streamLength} events`)
      return streamLength / took
    },
  },
  {
    label: 'catch-up of 10 000 events',
    goal: 'at least 40x',
    unit: 'events/s',
    measure: async (contender) => streamLength / (await secondsOf(() => contender.catchUp(streamLength))),
  },
]

await using server = await ThrowawayServer.start({
  major: 18,
  settings: { fsync: 'on', shared_buffers: '256MB' },
})
await server.query('create database peer')
const config = server.config()
const contenders = [await ours(config)]
if (!values.ours) {
  const password = encodeURIComponent(String(config.password))
  contenders.push(await emmett(`postgresql://${config.user}:${password}@127.0.0.1:${server.port}/peer`))
}
for (const { label, goal, unit, measure } of works) {
  const samples = contenders.map(() => [] as number[])
  for (let round = -1; round < rounds; round++) {
    // in turn, and each first as often as the other
    const order = contenders.map((_, index) => (index + round + 1) % contenders.length)
    for (const index of order) {
      const contender = contenders[index]
      if (!contender) continue
      const measured = await measure(contender, round)
      if (round >= 0) samples[index]?.push(measured)
    }
  }
  const figures = contenders.map(({ name }, index) => {
    const each = samples[index] ?? []
    return `${name} ${median(each).toFixed(0)} ${unit} (${each.map((one) => one.toFixed(0)).join(' ')})`
  })
  const ratio =
    contenders.length > 1
      ? `${(median(samples[0] ?? []) / median(samples[1] ?? [])).toFixed(2)}x, to reach: ${goal}; `
      : ''
  console.log(`${label.padEnd(28)} ${ratio}${figures.join('; ')}`)
}
for (const contender of contenders) await contender.close()
