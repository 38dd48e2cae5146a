/*
 * How the latency of one answer grows with the store: p50 of reads as of both times, in a store of 100 000 facts and in
 * one of many more, in turn.
 *
 *   node benchmarks/bitemporal/growth.ts [--facts 10000000] [--rounds 5] [--seconds 2]
 */
import { parseArgs } from 'node:util'
import { ThrowawayServer } from '../../packages/testbed/src/throwaway-server.ts'
import { goal, row } from '../figures.ts'
import { median } from '../median.ts'
import type { Contender } from './contender.ts'
import { ours } from './ours.ts'

const { values } = parseArgs({
  options: {
    facts: { type: 'string', default: '10000000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
  },
})
const factsPerKey = 20

await using server = await ThrowawayServer.start({
  major: 18,
  settings: { fsync: 'on', shared_buffers: '256MB', max_wal_size: '4GB' },
})
await server.query('create database large')

/** A store of so many facts; every tenth key was changed once. */
async function filled(
  database: string,
  facts: number,
): Promise<{ store: Contender; keys: number; loaded: string }> {
  const store = await ours(server.config(database))
  const keys = facts / factsPerKey
  for (let first = 0; first < keys; first += 50_000)
    await store.load(first, Math.min(50_000, keys - first), factsPerKey)
  const loaded = new Date().toISOString()
  for (let key = 0; key < Math.min(keys, 20_000); key += 10) await store.change(key, key % factsPerKey, key)
  await server.query('vacuum analyze', [], database)
  return { store, keys, loaded }
}

const small = await filled('postgres', 100_000)
const large = await filled('large', Number(values.facts))

async function p50({ store, keys, loaded }: typeof small): Promise<number> {
  const latencies: number[] = []
  const end = performance.now() + Number(values.seconds) * 1000
  for (let nth = 0, begun = performance.now(); begun < end; begun = performance.now(), nth++) {
    // half of it as of a time before the changes
    const at = nth % 2 ? loaded : new Date().toISOString()
    const found = await store.asOf((nth * 7919) % keys, (nth * 31) % factsPerKey, at)
    if (found === undefined) throw new Error('a fact was not found')
    latencies.push((performance.now() - begun) * 1000)
  }
  return median(latencies)
}

const samples: { small: number[]; large: number[] } = { small: [], large: [] }
for (let round = 0; round < Number(values.rounds); round++) {
  samples.small.push(await p50(small))
  samples.large.push(await p50(large))
}
console.log(row('p50 of 100 000 facts', samples.small, 'us', 0))
console.log(row(`p50 of ${values.facts} facts`, samples.large, 'us', 0))
console.log(goal('large / small', median(samples.large) / median(samples.small), { atMost: 1.5 }, 'x'))
for (const { store } of [small, large]) await store.close()
