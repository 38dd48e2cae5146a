import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Herd } from '../packages/testbed/src/herd.ts'
import { median, secondsOf } from './median.ts'

/** How long people wait for a command, against node starting with nothing to do; and what the agent keeps in memory. */
const program = join(import.meta.dirname, '../packages/pgherd/bin/pgherd.js')
const times = async (work: () => Promise<unknown>) => {
  await work()
  const figures = []
  for (let round = 0; round < 9; round++) figures.push(await secondsOf(work))
  return median(figures) * 1000
}

await using herd = await Herd.create()
await herd.up()
await herd.run('backup')
await herd.run('prove')
const node = await times(() => Promise.resolve(execFileSync(process.execPath, ['-e', '0'])))
const help = await times(() => Promise.resolve(execFileSync(process.execPath, [program, '--help'])))
const status = await times(() => herd.run('status'))
console.log(`node, empty script   ${node.toFixed(0)} ms`)
console.log(
  `pgherd --help        ${help.toFixed(0)} ms  ${(help / node).toFixed(1)}x, to reach: below 150 ms`,
)
console.log(
  `pgherd status        ${status.toFixed(0)} ms  ${(status / node).toFixed(1)}x, to reach: below 500 ms`,
)
await sleep(15_000)
const agent = herd.processes().find(({ command }) => command.includes('agent.json'))
const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${agent?.pid ?? 0}/status`, 'utf8'))?.[1]
console.log(`agent resident       ${(Number(resident) / 1024).toFixed(0)} MB, to reach: below 120 MB`)
