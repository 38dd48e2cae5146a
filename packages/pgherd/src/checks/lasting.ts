import type { ServiceObservation } from './observation.ts'

/** Two looks in a row; one alone may have met a restart or a failover. */
const twice = 4

/** Whether a fault has lasted for so many seconds, or was seen by somebody who looks but once. */
export function lasts({ seconds }: ServiceObservation, atLeast = twice): boolean {
  return seconds === null || seconds >= atLeast
}
