import type { DrillStatus } from '../../agent/drill-status.ts'
import type { Output } from '../output.ts'
import { secondsText } from './quantities.ts'
import { timeAndAge } from './times.ts'

/** How the newest drill went and which comes next; nothing for a single server. */
export function drillRows(drills: DrillStatus | undefined, output: Output, now: Date): string[][] {
  if (!drills) return []
  const { last, next } = drills
  const never = output.paint.yellow('none ever ran: pgherd drill switchover')
  return [
    ['last drill', last ? verdict(last, output, now) : never],
    ...(next ? [['next drill', `${next.drill} ${timeAndAge(next.at, now)}`]] : []),
  ]
}

function verdict(last: NonNullable<DrillStatus['last']>, { paint }: Output, now: Date): string {
  const { drill, startedAt, objectivesMet, writeGapSeconds, lostAcknowledgedWrites: lost } = last
  return [
    `${drill} ${timeAndAge(startedAt, now)}`,
    `objectives ${objectivesMet ? paint.green('met') : paint.red('MISSED')}`,
    `write gap ${secondsText(writeGapSeconds)}`,
    lost === 0 ? 'no write lost' : paint.red(`${lost} writes LOST`),
  ].join(', ')
}
