import type { DrillRunObservation, ScheduledDrillObservation } from './observation.ts'

/** A run as it should be; the samples of checks start from it. */
export const sampleRun: DrillRunObservation = {
  drill: 'kill-postgres',
  startedAt: '2026-01-10T04:00:01.000Z',
  endedAt: '2026-01-10T04:00:40.000Z',
  writeGapSeconds: 1.4,
  readGapSeconds: 0.2,
  lostAcknowledgedWrites: 0,
  duplicatePrimaries: 0,
  fullRedundancySeconds: 4,
  objectivesMet: true,
  failed: [],
}

/** The same drill by its schedule, which ran when it was due. */
export const sampleScheduled: ScheduledDrillObservation = {
  drill: 'kill-postgres',
  next: '2026-01-17T04:00:00.000Z',
  due: '2026-01-10T04:00:00.000Z',
  running: false,
  attempt: {
    dueAt: '2026-01-10T04:00:00.000Z',
    startedAt: '2026-01-10T04:00:00.500Z',
    outcome: 'ran',
    reason: null,
  },
}
