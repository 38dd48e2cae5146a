import type { Instant } from '../time/instant.ts'
import { toInstant } from '../time/instant.ts'
import type { Period } from '../time/period.ts'

/** How long a partition of the history is, of the calendar in UTC. */
export type CalendarUnit = 'day' | 'month' | 'year'

/** The days, months or years in UTC that hold an instant and some that follow. */
export function calendarPeriods(unit: CalendarUnit, around: Instant, following: number): readonly Period[] {
  const start = new Date(around)
  return Array.from({ length: following + 1 }, (_, n) => ({
    from: toInstant(begin(unit, start, n), 'the partition'),
    to: toInstant(begin(unit, start, n + 1), 'the partition'),
  }))
}

function begin(unit: CalendarUnit, date: Date, later: number): Date {
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
  switch (unit) {
    case 'day':
      return new Date(Date.UTC(year, month, day + later))
    case 'month':
      return new Date(Date.UTC(year, month + later, 1))
    case 'year':
      return new Date(Date.UTC(year + later, 0, 1))
  }
}
