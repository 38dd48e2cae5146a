import { median } from './median.ts'

const labelWidth = 46

/** A line with the median of some samples and the samples themselves, in the order they were taken. */
export function row(label: string, samples: readonly number[], unit = 's', digits = 2): string {
  if (samples.length === 0) return `${label.padEnd(labelWidth)} no samples`
  const raw = samples.map((each) => each.toFixed(digits)).join(' ')
  return `${label.padEnd(labelWidth)} ${median(samples).toFixed(digits)} ${unit}  (${raw})`
}

/** A line with a figure, what it should reach, and whether it does. */
export function goal(
  label: string,
  figure: number,
  bound: { readonly atMost: number } | { readonly atLeast: number },
  unit = '',
  digits = 2,
): string {
  const upper = 'atMost' in bound
  const wanted = upper ? bound.atMost : bound.atLeast
  const reached = upper ? figure <= wanted : figure >= wanted
  const words = `to reach: at ${upper ? 'most' : 'least'} ${wanted}${unit}`
  return `${label.padEnd(labelWidth)} ${figure.toFixed(digits)}${unit}, ${words}: ${reached ? 'reached' : 'MISSED'}`
}

/** A line for a figure that has to stay 0. */
export function none(label: string, count: number): string {
  return goal(label, count, { atMost: 0 }, '', 0)
}

/** Says on standard error what was just measured, so that a run that is cut short leaves something behind. */
export function told<T>(what: string, sample: T): T {
  process.stderr.write(`${what}: ${JSON.stringify(sample)}\n`)
  return sample
}

/** How many times the median of a peer. */
export function ratio(ours: readonly number[], peer: readonly number[]): number {
  return median(ours) / median(peer)
}
