import type { JobKind } from './job.ts'

/** Seconds before the first, second, ... try again; after the last one the schedule takes over. */
const delays: Readonly<Record<JobKind, readonly number[]>> = {
  backup: [60, 300, 900, 3600, 3600],
  // the run itself takes a fresh backup when a proof fails: these are for when that could not be done
  proof: [900, 3600],
  retention: [900, 3600],
  certificates: [300, 900],
}

/** Seconds until the next try after so many failures in a row; null when there is none. */
export function retryDelay(kind: JobKind, failures: number): number | null {
  return delays[kind][failures - 1] ?? null
}
