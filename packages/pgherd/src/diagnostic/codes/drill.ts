import type { CodeTable } from '../code-table.ts'

export const drillCodes = {
  DRILL_UNKNOWN: { severity: 'error', summary: 'there is no such drill', outcome: 'usage' },
  DRILL_UNAVAILABLE: {
    severity: 'error',
    summary: 'the drill is not possible here',
    outcome: 'refused',
  },
  DRILL_UNHEALTHY: {
    severity: 'error',
    summary: 'the cluster is not healthy enough for a drill',
    outcome: 'refused',
  },
  DRILL_NO_PROOF: {
    severity: 'error',
    summary: 'no recent backup is proven restorable, so a drill would be a gamble',
    outcome: 'refused',
  },
  DRILL_DURING_BACKUP: {
    severity: 'error',
    summary: 'a backup is under way, which a drill would break',
    outcome: 'refused',
  },
  DRILL_DURING_PROOF: {
    severity: 'error',
    summary: 'a proof is under way, which a drill would spoil',
    outcome: 'refused',
  },
  DRILL_NOT_SCHEDULED: {
    severity: 'error',
    summary: 'the spec does not schedule this drill',
    outcome: 'refused',
  },
  DRILL_UNHEALED: {
    severity: 'error',
    summary: 'an earlier drill was broken off and its fault is not undone',
    outcome: 'refused',
  },
  DRILL_NOT_RECOVERED: {
    severity: 'error',
    summary: 'the cluster did not recover from a drill in time',
    outcome: 'failed',
  },
  DRILL_WRITES_LOST: {
    severity: 'error',
    summary: 'acknowledged writes are gone after a drill',
    outcome: 'findings',
  },
  DRILL_HISTORY_WRONG: {
    severity: 'error',
    summary: 'the database holds what no client was told it would',
    outcome: 'findings',
  },
  DRILL_TWO_PRIMARIES: {
    severity: 'error',
    summary: 'two servers took writes at the same time',
    outcome: 'findings',
  },
  DRILL_OBJECTIVE_MISSED: {
    severity: 'error',
    summary: 'a drill misses an objective of the spec',
    outcome: 'findings',
  },
  DRILL_ABOVE_BOUND: {
    severity: 'warning',
    summary: 'a drill took longer than the computed worst case',
    outcome: 'findings',
  },
  DRILL_CHECK_FAILED: {
    severity: 'error',
    summary: 'what a drill expects did not come true',
    outcome: 'findings',
  },
  DRILLS_FILE_INVALID: {
    severity: 'error',
    summary: 'the file the drill schedule starts with cannot be used',
    outcome: 'refused',
  },
} as const satisfies CodeTable
