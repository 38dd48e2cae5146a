import type { ChaosRun } from './run-scenarios.ts'

/** What was asked for: enough to repeat it, and to tell the parts of one whole by. */
export interface Asked {
  readonly seed: number
  /** Names of the scenarios that were drawn from, in their order. */
  readonly scenarios: readonly string[]
  /** Number of the first fault; the sequence of a seed begins with 1. */
  readonly from: number
  readonly faults: number
}

/** All runs of one call, or of several that were joined. */
export interface ChaosReport extends Asked {
  readonly startedAt: string
  readonly sound: number
  readonly broken: number
  readonly refused: number
  readonly failed: number
  /** Numbers that were asked for and have no verdict because a sitting ended early. */
  readonly missing: readonly number[]
  readonly acknowledgedWrites: number
  /** Lost against a promise. */
  readonly lostAcknowledgedWrites: number
  /** Lost where the durability states how much may be. */
  readonly lostWithinBound: number
  readonly duplicatePrimaries: number
  /** Runs whose history is that of one set on one server. */
  readonly consistentHistories: number
  /** Raw samples per scenario, in seconds. */
  readonly writeGapSeconds: Readonly<Record<string, readonly number[]>>
  readonly runs: readonly ChaosRun[]
}

/** Adds up the runs. Pure. */
export function reportOf(
  runs: readonly ChaosRun[],
  about: Asked & { readonly startedAt: string },
): ChaosReport {
  const count = (outcome: ChaosRun['outcome']) => runs.filter((run) => run.outcome === outcome).length
  const sum = (figure: (run: ChaosRun) => number | undefined) =>
    runs.reduce((total, run) => total + (figure(run) ?? 0), 0)
  const gaps: Record<string, number[]> = {}
  for (const { scenario, result } of runs) if (result) (gaps[scenario] ??= []).push(result.writeGapSeconds)
  const numbers = new Set(runs.map(({ number }) => number))
  const withinBound = sum((run) => run.lostWithinBound)
  return {
    ...about,
    sound: count('sound'),
    broken: count('broken'),
    refused: count('refused'),
    failed: count('failed'),
    missing: Array.from({ length: about.faults }, (_, index) => about.from + index).filter(
      (number) => !numbers.has(number),
    ),
    acknowledgedWrites: sum(({ result }) => result?.acknowledgedWrites),
    lostAcknowledgedWrites: sum(({ result }) => result?.lostAcknowledgedWrites) - withinBound,
    lostWithinBound: withinBound,
    duplicatePrimaries: sum(({ result }) => result?.duplicatePrimaries),
    consistentHistories: runs.filter(({ result }) => result?.history.consistent === true).length,
    writeGapSeconds: gaps,
    runs,
  }
}

/** 0 when every fault that was asked for was made, judged and sound: what could not be made is not covered. */
export function exitCodeOf({ sound, broken, failed, refused, missing }: ChaosReport): 0 | 1 {
  return broken + failed + refused + missing.length > 0 || sound === 0 ? 1 : 0
}

/** One line for a run. */
export function lineOf({ number, scenario, outcome, result, lostWithinBound, error }: ChaosRun): string {
  const head = `${String(number).padStart(3)} ${scenario.padEnd(24)} ${outcome.padEnd(8)}`
  if (!result) return `${head} ${error ?? ''}`
  const {
    writeGapSeconds,
    acknowledgedWrites,
    lostAcknowledgedWrites,
    clientErrors,
    duplicatePrimaries,
    fullRedundancySeconds,
  } = result
  const whole = fullRedundancySeconds === null ? 'never' : `${fullRedundancySeconds.toFixed(1)} s`
  const allowed = lostWithinBound === undefined ? '' : ' (within the bound of async)'
  const why = result.findings.map(({ code, detail }) => `\n      ${code}: ${detail}`).join('')
  return `${head} gap ${writeGapSeconds.toFixed(1).padStart(5)} s  acked ${String(acknowledgedWrites).padStart(6)}  lost ${lostAcknowledgedWrites}${allowed}  errors ${String(clientErrors).padStart(4)}  two primaries ${duplicatePrimaries}  whole after ${whole}${why}`
}

/** The sums and the gaps per scenario, as a table. */
export function tableOf(report: ChaosReport): string {
  const rows = Object.entries(report.writeGapSeconds).map(([scenario, gaps]) => {
    const sorted = gaps.toSorted((a, b) => a - b)
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0
    return `  ${scenario.padEnd(24)} ${String(gaps.length).padStart(3)} runs  write gap median ${median.toFixed(1)} s, longest ${(sorted.at(-1) ?? 0).toFixed(1)} s`
  })
  const bound =
    report.lostWithinBound > 0 ? `, ${report.lostWithinBound} more within the stated bound of async` : ''
  const missing = report.missing.length > 0 ? `, ${report.missing.length} not made` : ''
  return [
    ...rows,
    `  faults ${report.from} to ${report.from + report.faults - 1} of seed ${report.seed}: ${report.sound} sound, ${report.broken} broken, ${report.failed} failed, ${report.refused} refused and so not covered${missing}`,
    `  ${report.acknowledgedWrites} writes acknowledged, ${report.lostAcknowledgedWrites} lost${bound}; ${report.duplicatePrimaries} moments with two primaries; ${report.consistentHistories} of ${report.runs.length} histories consistent`,
  ].join('\n')
}
