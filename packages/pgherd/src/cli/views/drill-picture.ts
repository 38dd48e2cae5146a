import type { DrillResult } from '../../operations/drill/drill-result.ts'
import { secondsText } from './quantities.ts'
import { hanging } from './wrap.ts'

type Pictured = Pick<DrillResult, 'gaps' | 'events'>

const label = 'writes  '
/** Seconds shown before the fault and after the last thing that happened. */
const margin = 2

/**
 * A run as a line of time: where writes and reads succeeded, the longest gap of each, and what happened when, by letter.
 *
 *     writes  ████······████████
 *     reads   ██████████████████
 *                a     b
 */
export function drillPicture({ gaps, events }: Pictured, width: number): string {
  const last = Math.max(gaps.write.to, gaps.read.to, ...events.map(({ seconds }) => seconds))
  const from = Math.min(-margin, gaps.write.from, gaps.read.from)
  const cells = Math.max(20, Math.min(width, 100) - label.length - 2)
  const span = last + margin - from
  const cellOf = (seconds: number) =>
    Math.min(cells - 1, Math.max(0, Math.floor(((seconds - from) / span) * cells)))
  const bar = (gap: Pictured['gaps']['write']) => {
    // a gap much shorter than a cell is nothing that can be seen
    const felt = gap.seconds >= span / cells
    const [first, end] = [cellOf(gap.from), cellOf(gap.to)]
    return Array.from({ length: cells }, (_, cell) =>
      felt && cell >= first && cell < Math.max(end, first + 1) ? '·' : '█',
    ).join('')
  }
  const marks = Array.from({ length: cells }, () => ' ')
  const legend = events.map(({ seconds, what }, index) => {
    const letter = String.fromCharCode(97 + (index % 26))
    let cell = cellOf(seconds)
    // two events in one cell stand beside each other
    while (cell < cells - 1 && marks[cell] !== ' ') cell++
    marks[cell] = letter
    return hanging(`    ${letter} ${secondsText(seconds).padStart(8)}  `, what, width)
  })
  return [
    `  ${label}${bar(gaps.write)}`,
    `  ${'reads'.padEnd(label.length)}${bar(gaps.read)}`,
    `  ${' '.repeat(label.length)}${marks.join('').trimEnd()}`,
    ...legend,
  ].join('\n')
}
