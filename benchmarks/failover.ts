import { parseArgs } from 'node:util'
import { failoverTiming } from '../packages/pgherd/src/components/failover-timing.ts'
import { BareCluster } from '../packages/testbed/src/bare-cluster.ts'
import { bareFailover, type BareFailover } from './bare-failover.ts'
import { ClusterHerd, presetNamed, type Preset, type Promised } from './cluster-herd.ts'
import { goal, none, ratio, row, told } from './figures.ts'
import { limit } from './limit.ts'
import { median } from './median.ts'

/**
 * How long nobody can write when PostgreSQL of the primary is killed, its whole machine is lost, or it is cut off: the
 * drills of `pgherd drill` against the worst case that `pgherd plan` states, and against the same faults in the stack
 * configured by hand with the same clocks (testbed/bare-cluster.ts), measured by the same clients. In pieces:
 *
 *   node benchmarks/failover.ts [--preset fast,normal] [--fault kill-postgres,kill-member] [--rounds 5] [--no-peer]
 */
const { values } = parseArgs({
  options: {
    preset: { type: 'string', default: 'fast,normal' },
    fault: { type: 'string', default: 'kill-postgres,kill-member' },
    rounds: { type: 'string', default: '5' },
    'no-peer': { type: 'boolean', default: false },
  },
})

interface Kind {
  readonly fault: 'kill-postgres' | 'kill-member' | 'partition-primary'
  /** What `plan` calls its worst case. */
  readonly bound: keyof Promised['worstCaseSeconds']
  /** What to kill in the cluster by hand; left out where that cannot be done without pgherd. */
  readonly byHand?: 'postgres' | 'all'
  /** Medians to reach, in seconds. */
  readonly goals: Partial<Record<Preset, number>>
}
const known: readonly Kind[] = [
  { fault: 'kill-postgres', bound: 'killPostgres', byHand: 'postgres', goals: { fast: 2.5 } },
  { fault: 'kill-member', bound: 'loseMember', byHand: 'all', goals: { fast: 9, normal: 21 } },
  { fault: 'partition-primary', bound: 'partitionPrimary', goals: {} },
]
const presets = values.preset.split(',').map(presetNamed)
const names = values.fault.split(',')
for (const name of names)
  if (!known.some(({ fault }) => fault === name)) throw new Error(`no drill ${name} is measured here`)
const kinds = known.filter(({ fault }) => names.includes(fault))
const rounds = Number(values.rounds)
const signal = limit(presets.length * (6 + rounds * kinds.length * 4))

interface Drilled extends BareFailover {
  readonly clientErrors: number
  readonly duplicatePrimaries: number
  readonly fullRedundancySeconds: number | null
}
type Samples<T> = ReadonlyMap<Kind, readonly T[]>

async function measure<T>(
  who: string,
  of: readonly Kind[],
  make: (kind: Kind) => Promise<T>,
): Promise<Samples<T>> {
  const samples = new Map<Kind, T[]>(of.map((kind) => [kind, []]))
  for (let round = 0; round < rounds; round++)
    for (const [kind, found] of samples) {
      signal.throwIfAborted()
      found.push(told(`${who}, ${kind.fault}`, await make(kind)))
    }
  return samples
}

async function pgherd(preset: Preset) {
  await using cluster = await ClusterHerd.up({ signal, failover: preset }, true)
  const promised = await cluster.promised()
  const samples = await measure(`pgherd ${preset}`, kinds, async ({ fault }): Promise<Drilled> => {
    const run = await cluster.run('drill', fault, '--name', cluster.name, '--json')
    const { writeGapSeconds, lostAcknowledgedWrites, ...more } = run.json<Drilled>()
    const { clientErrors, duplicatePrimaries, fullRedundancySeconds } = more
    return {
      writeGapSeconds,
      lostAcknowledgedWrites,
      clientErrors,
      duplicatePrimaries,
      fullRedundancySeconds,
    }
  })
  return { promised, samples }
}

async function byHand(preset: Preset, ttl: number): Promise<Samples<BareFailover>> {
  const possible = kinds.filter((kind) => kind.byHand !== undefined)
  if (values['no-peer'] || possible.length === 0) return new Map()
  const { loopWait, retryTimeout } = failoverTiming(preset, '3.0.2')
  const timing = { ttl, loopWait, retryTimeout }
  await using cluster = await BareCluster.start({ timing, synchronous: true })
  return await measure(`by hand ${preset}`, possible, (kind) =>
    bareFailover(cluster, kind.byHand ?? 'all', signal),
  )
}

function show(
  preset: Preset,
  kind: Kind,
  drilled: readonly Drilled[],
  promised: Promised,
): readonly number[] {
  const gaps = drilled.map(({ writeGapSeconds }) => writeGapSeconds)
  const sum = (of: (each: Drilled) => number) => drilled.reduce((total, each) => total + of(each), 0)
  const lost = sum((each) => each.lostAcknowledgedWrites)
  const double = sum((each) => each.duplicatePrimaries)
  const whole = drilled.map(({ fullRedundancySeconds }) => fullRedundancySeconds ?? NaN)
  const errors = drilled.map(({ clientErrors }) => clientErrors)
  const wanted = kind.goals[preset]
  const stated = promised.worstCaseSeconds[kind.bound]
  console.log(`${preset}, ${kind.fault} (lease ${promised.ttlSeconds} s)`)
  console.log(row('  no write for', gaps))
  if (wanted !== undefined) console.log(goal('  median', median(gaps), { atMost: wanted }, ' s'))
  console.log(goal('  longest, against what plan states', Math.max(...gaps), { atMost: stated }, ' s'))
  console.log(none('  acknowledged writes lost', lost))
  console.log(none('  moments with two primaries', double))
  console.log(row('  whole again after', whole))
  console.log(row('  errors of clients', errors, '', 0))
  return gaps
}

function showPeer(kind: Kind, gaps: readonly number[], peer: readonly BareFailover[], ttl: number): void {
  const theirs = peer.map(({ writeGapSeconds }) => writeGapSeconds)
  if (theirs.length > 0) {
    console.log(row('  by hand, no write for', theirs))
    console.log(`  against by hand ${ratio(gaps, theirs).toFixed(2)}x`)
  }
  if (kind.bound !== 'killPostgres')
    console.log(`  against the lease, which has to run out first, ${(median(gaps) / ttl).toFixed(2)}x`)
}

for (const preset of presets) {
  const { promised, samples } = await pgherd(preset)
  const peers = await byHand(preset, promised.ttlSeconds)
  for (const [kind, drilled] of samples) {
    const gaps = show(preset, kind, drilled, promised)
    showPeer(kind, gaps, peers.get(kind) ?? [], promised.ttlSeconds)
  }
}
