import type { CodeTable } from '../code-table.ts'

export const restoreCodes = {
  RESTORE_MEMBER_RUNNING: {
    severity: 'error',
    summary: 'PostgreSQL of a member could not be stopped',
    outcome: 'failed',
  },
  RESTORE_OVERTAKEN: {
    severity: 'error',
    summary: 'the cluster had a failover while the restore was being built',
    outcome: 'refused',
  },
  RESTORE_NOT_LED: {
    severity: 'error',
    summary: 'the restored cluster has no primary',
    outcome: 'failed',
  },
  RESTORE_NOT_WHOLE: {
    severity: 'warning',
    summary: 'the restored cluster has a primary and is not whole yet',
    outcome: 'findings',
  },
  RESTORE_NOTHING_TO_UNDO: {
    severity: 'error',
    summary: 'there is no restore that can be undone',
    outcome: 'refused',
  },
  RESTORE_BACKUP_DAMAGED: {
    severity: 'error',
    summary: 'a stored base backup is damaged',
    outcome: 'failed',
  },
  RESTORE_OTHER_BACKUP: {
    severity: 'warning',
    summary: 'a damaged backup was passed over in a restore',
    outcome: 'findings',
  },
  RESTORE_WAL_MISSING: {
    severity: 'error',
    summary: 'a WAL segment is missing from the archive',
    outcome: 'failed',
  },
  RESTORE_WAL_DAMAGED: {
    severity: 'error',
    summary: 'a WAL segment in the archive is damaged',
    outcome: 'failed',
  },
  RESTORE_SERVER_FAILED: {
    severity: 'error',
    summary: 'the restored server did not start or stopped',
    outcome: 'failed',
  },
  RESTORE_REPLAY_STUCK: {
    severity: 'error',
    summary: 'replay of the archive does not go on',
    outcome: 'failed',
  },
  RESTORE_TARGET_INVALID: {
    severity: 'error',
    summary: 'the restore target cannot be understood',
    outcome: 'usage',
  },
  RESTORE_TIME_AMBIGUOUS: {
    severity: 'error',
    summary: 'the restore time has no time zone',
    outcome: 'usage',
  },
  RESTORE_OUTSIDE_WINDOW: {
    severity: 'error',
    summary: 'the restore target is outside the restorable window',
    outcome: 'refused',
  },
  RESTORE_POINT_UNKNOWN: {
    severity: 'error',
    summary: 'the archive has no such restore point',
    outcome: 'refused',
  },
  RESTORE_TIMELINE_UNKNOWN: {
    severity: 'error',
    summary: 'the archive has no such timeline',
    outcome: 'refused',
  },
  RESTORE_DIRECTORY_IN_USE: {
    severity: 'error',
    summary: 'the directory to restore into is in use',
    outcome: 'refused',
  },
  RESTORE_DIRECTORY_UNREACHABLE: {
    severity: 'error',
    summary: 'PostgreSQL cannot reach the directory to restore into',
    outcome: 'refused',
  },
  RESTORE_NO_SPACE: {
    severity: 'error',
    summary: 'there is not enough disk space to restore',
    outcome: 'refused',
  },
  RESTORE_OTHER_CLUSTER: {
    severity: 'error',
    summary: 'the repository belongs to another database cluster',
    outcome: 'refused',
  },
  RESTORE_ARCHIVE_BEHIND: {
    severity: 'error',
    summary: 'the newest commits are not in the archive',
    outcome: 'refused',
  },
  RESTORE_UNFINISHED: {
    severity: 'error',
    summary: 'an interrupted restore has left files in an unexpected state',
    outcome: 'failed',
  },
  REHEARSAL_NO_BACKUP: {
    severity: 'error',
    summary: 'there is no backup to rehearse on',
    outcome: 'refused',
  },
  PROOF_NO_BACKUP: { severity: 'error', summary: 'there is no backup to prove', outcome: 'refused' },
} as const satisfies CodeTable
