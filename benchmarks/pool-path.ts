import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { findPrimary } from '../packages/pgherd/src/cluster/find-primary.ts'
import { ClusterHerd } from './cluster-herd.ts'
import { goal, none, ratio, row, told } from './figures.ts'
import { IdleClients } from './idle-clients.ts'
import { limit } from './limit.ts'
import { secondsOf } from './median.ts'
import { libpqSettings, pgbench, postgresProgram } from './pgbench.ts'

/**
 * pgbench TPS of 8 clients on the way of applications (PgBouncer, HAProxy, primary) against straight to the primary: the
 * same role, the same TLS, in turns. Then 1000 idle clients are held by the pool while the 8 go on. Everything runs on one
 * machine, so that the way takes processor time from the server.
 *
 *   node benchmarks/pool-path.ts [--rounds 5] [--seconds 15] [--scale 10] [--idle 1000] [--hold 20]
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '15' },
    scale: { type: 'string', default: '10' },
    idle: { type: 'string', default: '1000' },
    hold: { type: 'string', default: '20' },
  },
})
const [rounds, seconds, idleCount, hold] = [values.rounds, values.seconds, values.idle, values.hold].map(
  Number,
) as [number, number, number, number]
const signal = limit(8 + (rounds * seconds * 5) / 60 + hold / 60)
const clients = 8

// so that the idle ones, those at work and pgherd's own all fit
const pooler = `pooler: { clients: ${idleCount + 100} }\n`
await using cluster = await ClusterHerd.up({ signal, memory: '1GB', more: pooler })
const access = await cluster.access()
const primary = await findPrimary(access)
if (!primary) throw new Error('there is no primary')
const ways = {
  pool: await libpqSettings(access, 'pool'),
  router: await libpqSettings(access, 'write'),
  direct: await libpqSettings(access, primary),
}
type Way = keyof typeof ways
const order: readonly Way[] = ['direct', 'router', 'pool']
await postgresProgram('pgbench', ['-i', '-q', '-s', values.scale], ways.direct, signal)
await cluster.whole()

async function measure(selectOnly: boolean): Promise<Record<Way, number[]>> {
  const tps: Record<Way, number[]> = { pool: [], router: [], direct: [] }
  for (let round = 0; round < rounds; round++)
    for (const way of round % 2 === 0 ? order : order.toReversed()) {
      const sample = await pgbench(ways[way], { clients, seconds, selectOnly }, signal)
      tps[way].push(told(`${selectOnly ? 'reads' : 'writes'}, ${way}`, sample).tps)
    }
  return tps
}

function show(title: string, tps: Record<Way, number[]>): void {
  console.log(title)
  console.log(row('  straight to the primary', tps.direct, 'TPS', 0))
  console.log(row('  through HAProxy', tps.router, 'TPS', 0))
  console.log(row('  through PgBouncer and HAProxy', tps.pool, 'TPS', 0))
  console.log(`  HAProxy alone against straight ${ratio(tps.router, tps.direct).toFixed(2)}x`)
}

const written = await measure(false)
show(`pgbench's own transactions, scale ${values.scale}, ${clients} clients`, written)
console.log(
  goal('  the whole way against straight', ratio(written.pool, written.direct), { atLeast: 0.85 }, 'x'),
)
const read = await measure(true)
show('the same, reads alone', read)
console.log(`  the whole way against straight ${ratio(read.pool, read.direct).toFixed(2)}x`)

/** Resident memory of a program of the gateway, in megabytes; HAProxy's worker and master together. */
function memoryOf(program: 'pgbouncer' | 'haproxy'): number {
  const pids = cluster.herd.processes().filter(({ command }) => command.includes(`/sbin/${program} `))
  const resident = pids.map(({ pid }) =>
    Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0),
  )
  return resident.reduce((sum, each) => sum + each, 0) / 1024
}

const sessions = async () =>
  Number(
    await cluster.herd.admin(
      "select count(*) from pg_stat_activity where usename = 'app' and datname = 'app'",
    ),
  )
const memory = () => ({ pgbouncer: memoryOf('pgbouncer'), haproxy: memoryOf('haproxy') })
const busy = async () => told('pool', await pgbench(ways.pool, { clients, seconds: hold }, signal))
const before = memory()
const without = [await busy()]
let opening = NaN
let found = { answering: 0, dropped: 0, sessions: 0, busy: { tps: NaN, failed: NaN }, memory: before }
{
  let opened: IdleClients | undefined
  opening = await secondsOf(async () => {
    opened = await IdleClients.open(idleCount, () => cluster.herd.connect('app'), signal)
  })
  if (!opened) throw new Error('opening gives the clients')
  await using idle: IdleClients = opened
  const meanwhile = await busy()
  const [held, open] = [memory(), await sessions()]
  const answering = await idle.answering()
  found = { answering, dropped: idle.dropped, sessions: open, busy: meanwhile, memory: held }
}
without.push(await busy())
const undisturbed = without.map(({ tps }) => tps)

console.log(
  `${idleCount} idle clients in the pool, opened in ${opening.toFixed(1)} s, held while ${clients} work`,
)
console.log(goal('  still there and answering', found.answering, { atLeast: idleCount }, '', 0))
console.log(none('  dropped', found.dropped))
console.log(none('  transactions that failed meanwhile', found.busy.failed))
console.log(row('  TPS of those at work, before and after', undisturbed, 'TPS', 0))
console.log(row('  TPS of those at work, meanwhile', [found.busy.tps], 'TPS', 0))
console.log(`  sessions of the server for all of them ${found.sessions}`)
for (const program of ['pgbouncer', 'haproxy'] as const) {
  const [was, is] = [before[program].toFixed(0), found.memory[program].toFixed(0)]
  console.log(`  memory of ${program} ${was} MB before, ${is} MB with them`)
}
