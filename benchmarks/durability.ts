import { parseArgs } from 'node:util'
import { Ledger } from '../packages/pgherd/src/ledger/ledger-file.ts'
import type { Fault } from '../packages/pgherd/src/operations/drill/drill.ts'
import { drillWorld } from '../packages/pgherd/src/operations/drill/drill-world.ts'
import { failoverBoundsOf } from '../packages/pgherd/src/operations/drill/failover-bounds.ts'
import { runDrill } from '../packages/pgherd/src/operations/drill/run-drill.ts'
import { memberNamed } from '../packages/pgherd/src/topology/topology.ts'
import { ClusterHerd, presetNamed } from './cluster-herd.ts'
import { cutOffWrites, type CutOff } from './cut-off-writes.ts'
import { goal, none, row, told } from './figures.ts'
import { frozenSenders, type Unsent } from './frozen-senders.ts'
import { limit, within } from './limit.ts'

/**
 * Acknowledged writes that are lost with the primary: when its machine dies after its walsenders have sent nothing for half a
 * second (`frozen`), and when it is cut off while a client on its machine goes on writing (`partition`). With `durability:
 * async` no more than `pgherd plan` says, and the drill says so; with `sync` none.
 *
 *   node benchmarks/durability.ts [--rounds 3] [--only async,sync] [--fault frozen,partition] [--hold 0.5] [--failover fast]
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'async,sync' },
    fault: { type: 'string', default: 'frozen,partition' },
    hold: { type: 'string', default: '0.5' },
    failover: { type: 'string', default: 'fast' },
  },
})
const rounds = Number(values.rounds)
const kinds = (['async', 'sync'] as const).filter((each) => values.only.split(',').includes(each))
const faults = values.fault.split(',')
const failover = presetNamed(values.failover)
const signal = limit(kinds.length * (4 + rounds * faults.length * 4))

async function run(cluster: ClusterHerd, fault: Fault) {
  await cluster.whole()
  const context = await cluster.context()
  const world = drillWorld(context, {})
  const aim = { member: (await world.observe()).leader ?? '', details: {} }
  return await within(signal, runDrill(fault, world, aim, failoverBoundsOf(context)))
}

interface Frozen {
  readonly acknowledged: number
  readonly lost: number
  /** How long before the death the oldest lost write was acknowledged, in seconds; 0 when none was lost. */
  readonly oldestSeconds: number
  readonly walKilobytes: number
  /** The drill told of the loss. */
  readonly said: boolean
}

async function frozen(cluster: ClusterHerd): Promise<Frozen> {
  let unsent: Unsent | undefined
  const fault = frozenSenders(Number(values.hold) * 1000, (found) => (unsent = found))
  const result = await run(cluster, fault)
  if (!unsent) throw new Error('the drill ended without a look at what is left')
  const { died, asked, bytes, kept } = unsent
  const acknowledged = Ledger.read(result.ledger).filter(({ outcome }) => outcome === 'acknowledged')
  const lost = acknowledged.filter(({ id, ended = Infinity }) => ended <= asked && !kept.has(id))
  if (lost.length !== result.lostAcknowledgedWrites)
    throw new Error(`${lost.length} lost by the ledger, ${result.lostAcknowledgedWrites} by the drill`)
  return {
    acknowledged: acknowledged.length,
    lost: lost.length,
    oldestSeconds: Math.max(0, ...lost.map(({ ended = died }) => died - ended)),
    walKilobytes: bytes / 1024,
    said: result.findings.some(({ code }) => code === 'DRILL_WRITES_LOST'),
  }
}

interface Partitioned extends Pick<CutOff, 'acknowledged' | 'lost' | 'seconds'> {
  /** Of clients who came through the pool. */
  readonly lostOutside: number
  /** From the first write that its successor acknowledged to the last one of its own; above 0 there were two primaries. */
  readonly overlapSeconds: number
}

async function partition(cluster: ClusterHerd): Promise<Partitioned> {
  let cutOff: CutOff | undefined
  const result = await run(
    cluster,
    cutOffWrites((found) => (cutOff = found)),
  )
  if (!cutOff) throw new Error('the drill ended without a look at what is left')
  const { acknowledged, lost, seconds, last } = cutOff
  const { topology } = await cluster.session()
  const { address } = memberNamed(topology, result.member)
  const elsewhere = Ledger.read(result.ledger)
    .filter(({ outcome, server }) => outcome === 'acknowledged' && server !== undefined && server !== address)
    .map(({ ended = Infinity }) => ended)
  const lostOutside = result.lostAcknowledgedWrites
  return { acknowledged, lost, seconds, lostOutside, overlapSeconds: last - Math.min(...elsewhere) }
}

const sum = (figures: readonly number[]) => figures.reduce((total, each) => total + each, 0)

for (const durability of kinds) {
  await using cluster = await ClusterHerd.up({ signal, failover, durability })
  const { durabilityMeans, ttlSeconds } = await cluster.promised()
  const lagKilobytes = (await cluster.session()).spec.topology.lagOnFailover / 1024
  const samples: { frozen: Frozen[]; partition: Partitioned[] } = { frozen: [], partition: [] }
  for (let round = 0; round < rounds; round++) {
    if (faults.includes('frozen')) samples.frozen.push(told(`${durability}, frozen`, await frozen(cluster)))
    if (faults.includes('partition'))
      samples.partition.push(told(`${durability}, partition`, await partition(cluster)))
  }
  console.log(`durability ${durability}, failover ${failover} (lease ${ttlSeconds} s)`)
  console.log(`  plan says: ${durabilityMeans}`)
  if (faults.includes('frozen')) showFrozen(durability, samples.frozen, { ttlSeconds, lagKilobytes })
  if (faults.includes('partition')) showPartition(durability, samples.partition, ttlSeconds)
}

function showFrozen(
  durability: 'async' | 'sync',
  samples: readonly Frozen[],
  { ttlSeconds, lagKilobytes }: { readonly ttlSeconds: number; readonly lagKilobytes: number },
): void {
  const of = (figure: Exclude<keyof Frozen, 'said'>) => samples.map((each) => each[figure])
  console.log(`  nothing sent for ${values.hold} s before the death`)
  console.log(row('    acknowledged writes', of('acknowledged'), '', 0))
  console.log(row('    of these lost', of('lost'), '', 0))
  if (durability === 'sync') return console.log(none('    lost in all', sum(of('lost'))))
  // what was written within the lease is allowed, and so much WAL that was written before it
  const beyond = samples.filter(
    ({ oldestSeconds, walKilobytes }) => oldestSeconds > ttlSeconds && walKilobytes > lagKilobytes,
  )
  const quiet = samples.filter(({ lost, said }) => lost > 0 && !said)
  const telling = samples.filter(({ lost }) => lost > 0)
  console.log(row('    oldest lost one, before the death', of('oldestSeconds')))
  console.log(row('    WAL lost', of('walKilobytes'), 'kB', 0))
  console.log(none('    runs that lost more than plan says', beyond.length))
  console.log(none('    runs whose drill kept quiet about it', quiet.length))
  console.log(
    `    runs that lost something, without which this shows nothing: ${telling.length} of ${samples.length}`,
  )
}

function showPartition(
  durability: 'async' | 'sync',
  samples: readonly Partitioned[],
  ttlSeconds: number,
): void {
  const of = (figure: keyof Partitioned) => samples.map((each) => each[figure])
  console.log('  cut off, with a client on its own machine')
  console.log(row('    acknowledged to it after the cut', of('acknowledged'), '', 0))
  console.log(row('    the last of them, after the cut', of('seconds')))
  console.log(row('    of these lost', of('lost'), '', 0))
  console.log(row('    after the first of its successor', of('overlapSeconds')))
  console.log(goal('    two primaries at once for', Math.max(...of('overlapSeconds')), { atMost: 0 }, ' s'))
  console.log(none('    lost of clients outside', sum(of('lostOutside'))))
  if (durability === 'sync') console.log(none('    lost in all', sum(of('lost'))))
  else
    console.log(
      goal(
        '    took writes for, against what plan says',
        Math.max(...of('seconds')),
        { atMost: ttlSeconds },
        ' s',
      ),
    )
}
