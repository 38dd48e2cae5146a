import { nextAfter } from '../../spec/schedule.ts'
import type { JobKind } from './job.ts'

/** When a job is due: by the wall clock (cron, in the machine's time zone) or by distance from its last run. */
export type Schedule =
  | { readonly kind: JobKind; readonly cron: string }
  | { readonly kind: JobKind; readonly everySeconds: number }

/** Milliseconds between one occurrence and the next one: how close two scheduled runs may be. */
export function spacing(cron: string, occurrence: Date): number {
  const next = nextAfter(cron, occurrence)
  return next ? next.getTime() - occurrence.getTime() : Infinity
}

export interface CronMemory {
  /** Wall clock up to which occurrences have been dealt with. */
  readonly handledUntil: Date
  /** Occurrences run by this process: wall time to monotonic time of the run. */
  readonly ran: ReadonlyMap<number, number>
}

export type CronDecision =
  | { readonly due: false; readonly handledUntil: Date }
  | {
      readonly due: true
      readonly handledUntil: Date
      readonly occurrence: Date
      readonly late: boolean
      readonly repeated: boolean
    }

/** Later than this is a run that was missed: the agent or the machine was down. */
const lateMs = 120_000

/**
 * Decides whether a cron job is due. However many occurrences lie behind, it is due once. When the
 * wall clock was set back, occurrences are counted from the new time, so that nothing stalls until the
 * old time comes again; and an occurrence that this process ran already, by the monotonic clock less
 * than half a period ago, is marked as repeated. Pure.
 */
export function decideCron(cron: string, memory: CronMemory, now: Date, monotonic: number): CronDecision {
  const from = memory.handledUntil > now ? now : memory.handledUntil
  const first = nextAfter(cron, from)
  if (!first || first > now) return { due: false, handledUntil: from }
  let occurrence = first
  // the newest missed occurrence stands for all; a bound keeps a year of minutes from taking long
  for (let steps = 0; steps < 1000; steps++) {
    const next = nextAfter(cron, occurrence)
    if (!next || next > now) break
    occurrence = next
  }
  const ranAt = memory.ran.get(occurrence.getTime())
  const repeated = ranAt !== undefined && monotonic - ranAt < spacing(cron, occurrence) / 2
  return {
    due: true,
    handledUntil: now,
    occurrence,
    late: now.getTime() - occurrence.getTime() > lateMs,
    repeated,
  }
}
