import type { CodeTable } from '../code-table.ts'

export const operationCodes = {
  CLUSTER_ONLY: {
    severity: 'error',
    summary: 'only a cluster of several members can do this',
    outcome: 'refused',
  },
  MEMBER_UNKNOWN: { severity: 'error', summary: 'the cluster has no such member', outcome: 'usage' },
  MEMBER_UNREACHABLE: {
    severity: 'error',
    summary: 'Patroni of a member does not answer',
    outcome: 'refused',
  },
  MEMBER_AWAY: { severity: 'warning', summary: 'a member does not take part', outcome: 'findings' },
  MEMBER_STUCK: { severity: 'error', summary: 'a member does not come back by itself', outcome: 'findings' },
  LEADER_MISSING: { severity: 'error', summary: 'the cluster has no primary', outcome: 'refused' },
  ETCD_NO_QUORUM: { severity: 'error', summary: 'etcd has no majority', outcome: 'refused' },
  AUTOMATION_PAUSED: { severity: 'error', summary: 'automation is paused', outcome: 'refused' },
  AUTOMATION_STUCK: {
    severity: 'error',
    summary: 'Patroni did not take the change of automation',
    outcome: 'failed',
  },
  SWITCHOVER_TARGET_IS_LEADER: {
    severity: 'error',
    summary: 'the member is the primary already',
    outcome: 'refused',
  },
  SWITCHOVER_TARGET_UNFIT: {
    severity: 'error',
    summary: 'the member cannot take over without losing writes',
    outcome: 'refused',
  },
  SWITCHOVER_TIME_PAST: { severity: 'error', summary: 'the time has passed already', outcome: 'usage' },
  SWITCHOVER_DRAIN_TOO_LONG: {
    severity: 'error',
    summary: 'clients would stop waiting before the switchover is over',
    outcome: 'refused',
  },
  SWITCHOVER_NOT_DRAINED: {
    severity: 'error',
    summary: 'transactions stayed open, so the switchover was called off',
    outcome: 'refused',
  },
  SWITCHOVER_NOT_CAUGHT_UP: {
    severity: 'error',
    summary: 'the standby did not catch up in time, so the switchover was called off',
    outcome: 'refused',
  },
  SWITCHOVER_FAILED: { severity: 'error', summary: 'the primary did not change', outcome: 'failed' },
  SWITCHOVER_INCOMPLETE: {
    severity: 'error',
    summary: 'the former primary does not follow the new one',
    outcome: 'failed',
  },
  POOLS_RESUMED: {
    severity: 'warning',
    summary: 'pools that a dead operation had left paused were resumed',
    outcome: 'findings',
  },
  POOLS_PAUSED: {
    severity: 'error',
    summary: 'the pools are paused and cannot be resumed',
    outcome: 'failed',
  },
  FAILOVER_LEADER_HEALTHY: {
    severity: 'warning',
    summary: 'the primary is healthy; a switchover would be gentler',
    outcome: 'findings',
  },
  FAILOVER_LOSES_DATA: {
    severity: 'error',
    summary: 'the member does not have every write that is known of',
    outcome: 'refused',
  },
  FAILOVER_FAILED: { severity: 'error', summary: 'the member did not become the primary', outcome: 'failed' },
  RESTART_INCOMPLETE: {
    severity: 'error',
    summary: 'a member did not come back from its restart',
    outcome: 'failed',
  },
  SCALE_UNSAFE: {
    severity: 'error',
    summary: 'the cluster cannot have that many members',
    outcome: 'refused',
  },
  SCALE_REMOVES_PRIMARY: {
    severity: 'error',
    summary: 'the member to be removed is the primary',
    outcome: 'refused',
  },
  SCALE_UNHEALTHY: {
    severity: 'error',
    summary: 'the cluster is not healthy enough to change its members',
    outcome: 'refused',
  },
  SCALE_INCOMPLETE: {
    severity: 'error',
    summary: 'the members could not be changed to the end',
    outcome: 'failed',
  },
  ROTATION_REFUSED: { severity: 'error', summary: 'this cannot be rotated by pgherd', outcome: 'refused' },
  ROTATION_INCOMPLETE: {
    severity: 'error',
    summary: 'a program does not use what was rotated',
    outcome: 'failed',
  },
} as const satisfies CodeTable
