// The safety suite, made to be run in one go or in several sittings:
//   node packages/pgherd/chaos/run.ts --seed 1 --faults 100 [--from 1] [--only a,b] [--at-most SECONDS] [--json FILE]
//   node packages/pgherd/chaos/run.ts --join first.json second.json [--json FILE]
// With --on SPEC it hurts that cluster, which must be up and one that nobody needs, instead of one of its own.
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ChaosCluster } from './chaos-cluster.ts'
import { joinReports } from './join-reports.ts'
import { scenarios } from './registry.ts'
import { exitCodeOf, lineOf, reportOf, tableOf, type ChaosReport } from './report.ts'
import { runScenarios, type ChaosRun } from './run-scenarios.ts'
import { sequenceOf } from './sequence.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    faults: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
    'at-most': { type: 'string', default: '1000' },
    on: { type: 'string' },
    json: { type: 'string' },
    join: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})

function keep(report: ChaosReport): void {
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
}

function conclude(report: ChaosReport): void {
  keep(report)
  process.stdout.write(`${tableOf(report)}\n`)
  process.exitCode = exitCodeOf(report)
}

async function makeFaults(): Promise<void> {
  const [seed, from, faults] = [Number(values.seed), Number(values.from), Number(values.faults)]
  const only = values.only?.split(',')
  const unknown = only?.filter((name) => !scenarios.some((each) => each.name === name)) ?? []
  if (unknown.length > 0) throw new Error(`there is no scenario ${unknown.join(', ')}`)
  const interrupt = new AbortController()
  process.once('SIGINT', () => interrupt.abort(new Error('interrupted')))
  process.once('SIGTERM', () => interrupt.abort(new Error('interrupted')))
  const say = (line: string) => {
    if (values.verbose) process.stderr.write(`        ${line}\n`)
  }
  await using cluster = await (values.on === undefined
    ? ChaosCluster.bringUp(interrupt.signal, say)
    : ChaosCluster.on(values.on, interrupt.signal, say))
  const chosen = scenarios
    .filter(({ durability }) => durability === undefined || cluster.offers(durability))
    .filter(({ usualSeconds }) => usualSeconds <= Number(values['at-most']))
    .filter(({ name }) => only === undefined || only.includes(name))
  const sequence = sequenceOf(chosen, from - 1 + faults, seed).slice(from - 1)
  process.stdout.write(`seed ${seed}, faults ${from} to ${from + faults - 1} of ${chosen.length} kinds\n`)
  const about = {
    seed,
    scenarios: chosen.map(({ name }) => name),
    from,
    faults,
    startedAt: new Date().toISOString(),
  }
  const runs: ChaosRun[] = []
  const tell = (run: ChaosRun) => {
    runs.push(run)
    process.stdout.write(`${lineOf(run)}\n`)
    // after each, so that a sitting that is broken off is not lost
    keep(reportOf(runs, about))
  }
  try {
    await runScenarios(cluster, sequence, tell, from)
  } finally {
    conclude(reportOf(runs, about))
  }
}

if (values.join)
  conclude(joinReports(positionals.map((file) => JSON.parse(readFileSync(file, 'utf8')) as ChaosReport)))
else await makeFaults()
