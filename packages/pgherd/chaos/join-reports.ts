import { reportOf, type ChaosReport } from './report.ts'

/**
 * Joins the reports of several sittings into one, as if all faults had been made in one go. Numbers between them that nobody
 * made are missing in the result. Pure; throws when they are no parts of one sequence, or when a fault is in two of
 * them: which of two verdicts counts is not for this to decide.
 */
export function joinReports(reports: readonly ChaosReport[]): ChaosReport {
  const sorted = reports.toSorted((a, b) => a.from - b.from)
  const [first] = sorted
  if (!first) throw new Error('there is no report to join')
  for (const { seed, scenarios, from } of sorted) {
    if (seed !== first.seed) throw new Error(`seeds ${first.seed} and ${seed} are two sequences`)
    if (scenarios.join() !== first.scenarios.join())
      throw new Error(`the report from ${from} on was drawn from other scenarios than the first one`)
  }
  const runs = sorted.flatMap((report) => report.runs)
  const twice = runs.find(({ number }, index) => runs.findIndex((run) => run.number === number) !== index)
  if (twice) throw new Error(`fault ${twice.number} (${twice.scenario}) is in two reports`)
  const end = Math.max(...sorted.map(({ from, faults }) => from + faults))
  return reportOf(
    runs.toSorted((a, b) => a.number - b.number),
    {
      seed: first.seed,
      scenarios: first.scenarios,
      from: first.from,
      faults: end - first.from,
      startedAt: sorted.map(({ startedAt }) => startedAt).sort()[0] ?? first.startedAt,
    },
  )
}
