/*
 * Loads, changes and reads facts, each contender on the same server with fsync on, medians of rounds in turn.
 *
 *   node benchmarks/bitemporal/facts.ts [--rounds 5] [--seconds 2] [--keys 10000] [--facts 20] [--ours]
 *
 * --ours leaves the baseline out and prints figures without ratios.
 */
import { parseArgs } from 'node:util'
import { ThrowawayServer } from '../../packages/testbed/src/throwaway-server.ts'
import { median, secondsOf } from '../median.ts'
import { byHand } from './by-hand.ts'
import type { Contender } from './contender.ts'
import { ours } from './ours.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    keys: { type: 'string', default: '10000' },
    facts: { type: 'string', default: '20' },
    ours: { type: 'boolean', default: false },
  },
})
const [rounds, seconds, keys, facts] = [values.rounds, values.seconds, values.keys, values.facts].map(
  Number,
) as [number, number, number, number]

interface Work {
  readonly label: string
  readonly unit: string
  readonly measure: (contender: Contender, round: number) => Promise<number>
}

/** One client, one call after the other; calls per second. */
async function perSecond(call: (nth: number) => Promise<unknown>): Promise<number> {
  let calls = 0
  const begun = performance.now()
  const end = begun + seconds * 1000
  while (performance.now() < end) await call(calls++)
  return (calls * 1000) / (performance.now() - begun)
}

// the same keys in an order that no cache likes, for each contender
const keyOf = (nth: number): number => (nth * 7919) % keys
let loadedAt = ''

async function seen(value: Promise<unknown>): Promise<void> {
  if ((await value) === undefined) throw new Error('a fact was not found')
}

const works: readonly Work[] = [
  {
    label: `load of ${keys} keys x ${facts}`,
    unit: 'rows/s',
    measure: async (contender, round) =>
      (keys * facts) / (await secondsOf(() => contender.load(round * keys, keys, facts))),
  },
  {
    label: 'change, 1 client',
    unit: 'changes/s',
    measure: async (contender, round) => {
      const result = await perSecond((nth) =>
        contender.change(keyOf(nth), (nth * 31) % facts, round * 1_000_000 + nth),
      )
      return result
    },
  },
  {
    label: 'as of both times, before the changes',
    unit: 'reads/s',
    measure: (contender) =>
      perSecond((nth) => seen(contender.asOf(keyOf(nth), (nth * 31) % facts, loadedAt))),
  },
  {
    label: 'as of both times, after them',
    unit: 'reads/s',
    measure: (contender) => {
      const now = new Date().toISOString()
      return perSecond((nth) => seen(contender.asOf(keyOf(nth), (nth * 31) % facts, now)))
    },
  },
  {
    label: 'what is known now',
    unit: 'reads/s',
    measure: (contender) => perSecond((nth) => seen(contender.current(keyOf(nth), (nth * 31) % facts))),
  },
  {
    label: 'all that holds at a day',
    unit: 'facts/s',
    measure: async (contender) => {
      let found = 0
      const took = await secondsOf(async () => (found = await contender.snapshot(3)))
      if (found !== rounds * keys)
        throw new Error(`${contender.name} found ${found} of ${rounds * keys} facts`)
      return found / took
    },
  },
]

await using server = await ThrowawayServer.start({
  major: 18,
  settings: { fsync: 'on', shared_buffers: '256MB' },
})
await server.query('create database peer')
const contenders = [await ours(server.config())]
if (!values.ours) contenders.push(await byHand(server.config('peer')))
for (const { label, unit, measure } of works) {
  const samples = contenders.map(() => [] as number[])
  for (let round = 0; round < rounds; round++) {
    // in turn, and each first as often as the other
    const order = contenders.map((_, index) => (index + round) % contenders.length)
    for (const index of order) {
      const contender = contenders[index]
      if (contender) samples[index]?.push(await measure(contender, round))
    }
  }
  if (loadedAt === '') {
    loadedAt = new Date().toISOString()
    for (const database of ['postgres', 'peer']) await server.query('vacuum analyze', [], database)
  }
  const figures = contenders.map(({ name }, index) => {
    const each = samples[index] ?? []
    return `${name} ${median(each).toFixed(0)} ${unit} (${each.map((one) => one.toFixed(0)).join(' ')})`
  })
  const ratio =
    contenders.length > 1 ? `${(median(samples[0] ?? []) / median(samples[1] ?? [])).toFixed(2)}x; ` : ''
  console.log(`${label.padEnd(38)} ${ratio}${figures.join('; ')}`)
}
for (const contender of contenders) await contender.close()
