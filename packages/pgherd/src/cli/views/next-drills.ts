import type { NextDrill } from '../next-drills.ts'
import type { Output } from '../output.ts'
import { table } from './table.ts'
import { timeAndAge } from './times.ts'

/** When scheduled drills are due, below a plan; nothing when none is scheduled. */
export function showNextDrills(drills: readonly NextDrill[], now: Date, output: Output): void {
  if (drills.length === 0) return
  const { paint, width } = output
  output.line()
  output.line(paint.bold('Drills by schedule'))
  const rows = drills.map(({ drill, schedule, next }) => [
    drill,
    next === null ? paint.yellow('never again') : `next ${timeAndAge(next, now)}`,
    paint.dim(schedule),
  ])
  output.line(table(rows, '  ', width))
}
