import type {
  DrillRunObservation,
  DrillsObservation,
  ScheduledDrillObservation,
  UnhealedFaultObservation,
} from '../../checks/observation.ts'
import { readState, scheduleStatePath, type ScheduleState } from '../../drill-schedule/schedule-state.ts'
import { runs } from '../../hosts/local/process-identity.ts'
import { newestUntil, nextAfter } from '../../spec/schedule.ts'
import { homeOf, type Topology } from '../../topology/topology.ts'
import { newestResults } from './drill-history.ts'
import type { DrillResult } from './drill-result.ts'
import { readHealRecord } from './heal-record.ts'

/** How drills went and when they are due, from the files that drills and their schedule leave. */
export function observeDrills(topology: Topology, now: Date): DrillsObservation {
  const { state } = readState(scheduleStatePath(homeOf(topology).paths.drills))
  return {
    runs: [...newestResults(topology).values()].map(runOf),
    scheduled: Object.entries(topology.spec.drills.schedule).map(([drill, cron]) =>
      scheduledOf(drill, cron, state, now),
    ),
    unhealed: unhealedOf(topology),
  }
}

/** A fault whose drill runs is no news: that drill undoes it. */
function unhealedOf(topology: Topology): UnhealedFaultObservation | null {
  const record = readHealRecord(topology)
  if (!record) return null
  const { drill, aim, pid, started, since } = record
  if (started !== undefined && runs({ pid, started })) return null
  return { drill, member: aim.member, since }
}

function runOf(result: DrillResult): DrillRunObservation {
  const { drill, startedAt, endedAt, objectivesMet, findings } = result
  const { writeGapSeconds, readGapSeconds, fullRedundancySeconds } = result
  const { lostAcknowledgedWrites, duplicatePrimaries } = result
  return {
    drill,
    startedAt,
    endedAt,
    writeGapSeconds,
    readGapSeconds,
    lostAcknowledgedWrites,
    duplicatePrimaries,
    fullRedundancySeconds,
    objectivesMet,
    failed: findings.filter(({ severity }) => severity === 'error').map(({ detail }) => detail),
  }
}

/** When a scheduled drill is due, and how it went the last time it was. Pure. */
export function scheduledOf(
  drill: string,
  cron: string,
  { handled, attempts, running }: Pick<ScheduleState, 'handled' | 'attempts' | 'running'>,
  now: Date,
): ScheduledDrillObservation {
  const known = handled[drill]
  const newest = newestUntil(cron, now)
  const counts = known?.cron === cron && newest !== null && newest.getTime() > Date.parse(known.since)
  const attempt = attempts.findLast((each) => each.drill === drill)
  return {
    drill,
    next: nextAfter(cron, now)?.toISOString() ?? null,
    due: counts ? newest.toISOString() : null,
    running: running?.drill === drill,
    attempt: attempt
      ? {
          dueAt: attempt.dueAt,
          startedAt: attempt.startedAt,
          outcome: attempt.outcome,
          reason: attempt.reason,
        }
      : null,
  }
}
