import type { DrillRunObservation, DrillsObservation } from '../../checks/observation.ts'
import type { Family, SamplePoint } from './family.ts'

/** How the newest run of each drill went, and when scheduled ones are due; nothing for a single server. Pure. */
export function drillFamilies(drills: DrillsObservation | null | undefined): readonly Family[] {
  if (!drills) return []
  const gauge = (name: string, help: string, samples: readonly SamplePoint[]): Family => ({
    name,
    help,
    type: 'gauge',
    samples,
  })
  const ofRuns = (name: string, help: string, value: (run: DrillRunObservation) => number | null) =>
    gauge(
      name,
      help,
      drills.runs.flatMap((run) => {
        const figure = value(run)
        return figure === null ? [] : [{ labels: { drill: run.drill }, value: figure }]
      }),
    )
  return [
    ofRuns(
      'pgherd_drill_write_gap_seconds',
      'Longest time without a write in the newest run of a drill',
      (run) => run.writeGapSeconds,
    ),
    ofRuns(
      'pgherd_drill_read_gap_seconds',
      'Longest time without a read in the newest run of a drill',
      (run) => run.readGapSeconds,
    ),
    ofRuns(
      'pgherd_drill_lost_writes',
      'Acknowledged writes lost in the newest run of a drill',
      (run) => run.lostAcknowledgedWrites,
    ),
    ofRuns(
      'pgherd_drill_duplicate_primaries',
      'Proofs of two primaries in the newest run of a drill',
      (run) => run.duplicatePrimaries,
    ),
    ofRuns(
      'pgherd_drill_redundancy_seconds',
      'Time to full redundancy after the newest run of a drill; absent when it did not come back in time',
      (run) => run.fullRedundancySeconds,
    ),
    ofRuns('pgherd_drill_objectives_met', '1 when the newest run of a drill met its objectives', (run) =>
      run.objectivesMet ? 1 : 0,
    ),
    ofRuns(
      'pgherd_drill_finished_timestamp_seconds',
      'End of the newest run of a drill',
      (run) => Date.parse(run.endedAt) / 1000,
    ),
    gauge(
      'pgherd_drill_next_timestamp_seconds',
      'When a scheduled drill is due next',
      drills.scheduled.flatMap(({ drill, next }) =>
        next === null ? [] : [{ labels: { drill }, value: Date.parse(next) / 1000 }],
      ),
    ),
  ]
}
