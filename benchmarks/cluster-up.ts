import { parseArgs } from 'node:util'
import { failoverTiming } from '../packages/pgherd/src/components/failover-timing.ts'
import { BareCluster, type StartTimes } from '../packages/testbed/src/bare-cluster.ts'
import { ClusterHerd } from './cluster-herd.ts'
import { goal, ratio, row } from './figures.ts'
import { limit } from './limit.ts'
import { median, secondsOf } from './median.ts'

/**
 * From nothing to a primary that takes writes through pool and router, with two standbys streaming: `pgherd up --no-prove`
 * against the same stack configured and started by hand with the same clocks (testbed/bare-cluster.ts). The two alternate:
 *
 *   node benchmarks/cluster-up.ts [--rounds 5]
 */
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } })
const rounds = Number(values.rounds)
const signal = limit(2 + rounds * 2)

async function pgherd(): Promise<number> {
  await using cluster = await ClusterHerd.create({ signal })
  const seconds = await secondsOf(() => cluster.run('up', '--yes', '--no-prove'))
  await cluster.session()
  // what was waited for has to be true: this is not part of the time, as it is true already
  const late = await secondsOf(async () => {
    await cluster.herd.query('app', 'create temp table written (i int) on commit drop')
    await cluster.whole()
  })
  if (late > 2) throw new Error(`pgherd up ended ${late.toFixed(1)} s before the cluster was whole`)
  return seconds
}

async function byHand(): Promise<StartTimes> {
  const { ttl, loopWait, retryTimeout } = failoverTiming('normal', '3.0.2')
  // it gives up by itself after a minute, and leaves nothing behind
  await using cluster = await BareCluster.start({
    timing: { ttl, loopWait, retryTimeout },
    synchronous: true,
  })
  if (!cluster.startTimes) throw new Error('a cluster that has started has times')
  return cluster.startTimes
}

const ours: number[] = []
const theirs: StartTimes[] = []
const measure = [async () => ours.push(await pgherd()), async () => theirs.push(await byHand())]
for (let round = 0; round < rounds; round++)
  for (const each of round % 2 === 0 ? measure : measure.toReversed()) {
    signal.throwIfAborted()
    await each()
  }

const seconds = (of: (times: StartTimes) => number) => theirs.map((times) => of(times) / 1000)
const whole = seconds(({ streaming, routed, readable }) => Math.max(streaming, routed, readable))
const parts = {
  'primary writable': seconds(({ writable }) => writable),
  'two standbys streaming': seconds(({ streaming }) => streaming),
  'written through the pool': seconds(({ routed }) => routed),
}
console.log(row('pgherd up --no-prove', ours))
console.log(row('by hand, the same', whole))
for (const [name, samples] of Object.entries(parts)) console.log(row(`  by hand: ${name}`, samples))
console.log(goal('pgherd up --no-prove', median(ours), { atMost: 12 }, ' s', 1))
console.log(goal('ratio', ratio(ours, whole), { atMost: 1.3 }, 'x'))
