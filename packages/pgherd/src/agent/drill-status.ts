import type { DrillsObservation } from '../checks/observation.ts'

/** How the newest drill went and which comes next; part of the status of a cluster. Times are RFC 3339. */
export interface DrillStatus {
  /** Null when no drill ever ran. */
  readonly last: {
    readonly drill: string
    readonly startedAt: string
    readonly writeGapSeconds: number
    readonly lostAcknowledgedWrites: number
    readonly objectivesMet: boolean
  } | null
  /** The scheduled drill that is due first; null when none is scheduled. */
  readonly next: { readonly drill: string; readonly at: string } | null
}

/** Chooses the newest run and the next due time. Pure. */
export function drillStatus({ runs, scheduled }: DrillsObservation): DrillStatus {
  const last = runs.toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt)).at(-1)
  const [next] = scheduled
    .flatMap(({ drill, next: at }) => (at === null ? [] : [{ drill, at }]))
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
  return {
    last: last
      ? {
          drill: last.drill,
          startedAt: last.startedAt,
          writeGapSeconds: last.writeGapSeconds,
          lostAcknowledgedWrites: last.lostAcknowledgedWrites,
          objectivesMet: last.objectivesMet,
        }
      : null,
    next: next ?? null,
  }
}
