import { parseArgs } from 'node:util'
import { WriteLoad } from '../packages/pgherd/src/operations/write-load.testkit.ts'
import { pausedSwitchover, plainSwitchover } from './by-hand-switchover.ts'
import { ClusterHerd, presetNamed } from './cluster-herd.ts'
import { goal, none, ratio, row, told } from './figures.ts'
import { limit, within } from './limit.ts'
import { median, secondsOf } from './median.ts'

/**
 * `pgherd switchover` against two by hand, in turns on the same cluster, under 200 writes a second from 8 clients, half of
 * them in transactions of several statements: by Patroni's REST interface with the pools paused around it, and without.
 *
 *   node benchmarks/switchover.ts [--rounds 20] [--only pgherd,paused,plain] [--failover fast]
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    only: { type: 'string', default: 'pgherd,paused,plain' },
    failover: { type: 'string', default: 'fast' },
  },
})
const rounds = Number(values.rounds)
const only = values.only.split(',')
const signal = limit(5 + rounds * only.length)

const clients = 8
const perSecond = 200
/** Writes before and after each switchover. */
const writes = 2 * perSecond

interface Sample {
  /** Longest time in which nobody's write was acknowledged. */
  readonly stallSeconds: number
  /** Longest that one client waited for one piece of work. */
  readonly longestWaitSeconds: number
  readonly clientErrors: number
  readonly lostWrites: number
  /** Acknowledged before the switchover began. */
  readonly writesPerSecond: number
}

await using cluster = await ClusterHerd.up({ signal, failover: presetNamed(values.failover) })
const access = await cluster.access()
const { switchover: stated } = (await cluster.promised()).worstCaseSeconds
await cluster.herd.query('app', 'create table written (id text primary key)')

const ways = {
  pgherd: () => cluster.run('switchover', '--json'),
  paused: () => pausedSwitchover(access),
  plain: () => plainSwitchover(access),
}
type Way = keyof typeof ways
const chosen = (Object.keys(ways) as Way[]).filter((way) => only.includes(way))

async function sample(work: () => Promise<unknown>): Promise<Sample> {
  await cluster.whole()
  await using load = new WriteLoad(() => cluster.herd.connect('app'), { clients, perSecond })
  // connecting is not part of the pace
  await within(signal, load.more(clients))
  const undisturbed = await secondsOf(() => within(signal, load.more(writes)))
  load.measureFromNow()
  await within(signal, work())
  await within(signal, load.more(writes))
  const { acknowledged, errors, longestGapMs, longestWaitMs } = await load.stop()
  const { rows } = await cluster.herd.query('app', 'select id from written')
  const found = new Set((rows as { id: string }[]).map(({ id }) => id))
  return {
    stallSeconds: longestGapMs / 1000,
    longestWaitSeconds: longestWaitMs / 1000,
    clientErrors: errors.length,
    lostWrites: acknowledged.filter((id) => !found.has(id)).length,
    writesPerSecond: Math.round(writes / undisturbed),
  }
}

const samples: Record<Way, Sample[]> = { pgherd: [], paused: [], plain: [] }
for (let round = 0; round < rounds; round++)
  for (const way of chosen) samples[way].push(told(way, await sample(ways[way])))

const titles: Record<Way, string> = {
  pgherd: 'pgherd switchover',
  paused: 'by hand, with PAUSE',
  plain: 'by hand, without PAUSE',
}
for (const way of chosen) {
  const of = (figure: keyof Sample) => samples[way].map((each) => each[figure])
  console.log(`${titles[way]} (${rounds} times)`)
  console.log(row('  nobody could write for', of('stallSeconds')))
  console.log(row('  one client waited for', of('longestWaitSeconds')))
  console.log(row('  errors of clients', of('clientErrors'), '', 0))
  console.log(row('  acknowledged writes lost', of('lostWrites'), '', 0))
  console.log(row('  writes a second before', of('writesPerSecond'), '', 0))
}
const ours = samples.pgherd.map(({ stallSeconds }) => stallSeconds)
for (const way of chosen.filter((each) => each !== 'pgherd' && ours.length > 0)) {
  const theirs = samples[way].map(({ stallSeconds }) => stallSeconds)
  console.log(`pgherd against ${titles[way]}: ${ratio(ours, theirs).toFixed(2)}x the stall`)
}
const sum = (figure: 'clientErrors' | 'lostWrites') =>
  samples.pgherd.reduce((total, each) => total + each[figure], 0)
if (ours.length > 0) {
  const longest = Math.max(...ours)
  console.log(none(`errors of clients in ${ours.length} by pgherd`, sum('clientErrors')))
  console.log(none('acknowledged writes lost', sum('lostWrites')))
  console.log(goal('stall, median', median(ours), { atMost: 2 }, ' s'))
  console.log(goal('stall, longest', longest, { atMost: 2 }, ' s'))
  console.log(goal('stall, longest, against what plan states', longest, { atMost: stated }, ' s'))
}
