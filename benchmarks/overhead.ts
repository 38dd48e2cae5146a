import { Herd } from '../packages/testbed/src/herd.ts'
import { median } from './median.ts'

/**
 * pgbench TPS with the agent at work (WAL streaming, metrics, heartbeat) against the same server
 * with the agent stopped. The two alternate, so that a machine that slows down slows both.
 *
 *   node benchmarks/overhead.ts [rounds=3]
 */
const rounds = Number(process.argv[2] ?? 3)
const tps = { with: [] as number[], without: [] as number[] }
await using herd = await Herd.create({ postgres: '' })
await herd.up()

const measure = async () => {
  const run = await herd.run('bench', '--seconds', '15', '--clients', '8', '--scale', '10', '--json')
  return run.json<{ result: { tps: number; tool: string } }>().result.tps
}
const agent = () => herd.processes().find(({ command }) => command.includes('agent.json'))?.pid ?? 0

for (let round = 0; round < rounds; round++) {
  tps.with.push(await measure())
  // stopped, not ended: the supervisor would start it again, and a stopped process costs nothing
  const pid = agent()
  process.kill(pid, 'SIGSTOP')
  tps.without.push(await measure())
  process.kill(pid, 'SIGCONT')
}
const [withAgent, without] = [median(tps.with), median(tps.without)]
console.log(
  `with agent, WAL streaming, metrics  ${withAgent.toFixed(0)} TPS  (${tps.with.map((each) => each.toFixed(0)).join(' ')})`,
)
console.log(
  `without                             ${without.toFixed(0)} TPS  (${tps.without.map((each) => each.toFixed(0)).join(' ')})`,
)
console.log(
  `ratio                               ${(withAgent / without).toFixed(3)}x, to reach: at least 0.95x and above 1000 TPS`,
)
