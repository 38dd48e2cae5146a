import { nextAfter } from '../spec/schedule.ts'
import type { Spec } from '../spec/schema.ts'

/** A scheduled drill and when it is due next, RFC 3339; null when it never is again. */
export interface NextDrill {
  readonly drill: string
  readonly schedule: string
  readonly next: string | null
}

/** The scheduled drills of a spec, the next one first. */
export function nextDrills({ drills: { schedule } }: Spec, now: Date): readonly NextDrill[] {
  return Object.entries(schedule)
    .map(([drill, cron]) => ({
      drill,
      schedule: cron,
      next: nextAfter(cron, now)?.toISOString() ?? null,
    }))
    .toSorted((a, b) => (a.next ?? '9').localeCompare(b.next ?? '9'))
}
