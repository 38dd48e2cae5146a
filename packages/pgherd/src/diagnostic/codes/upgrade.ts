import type { CodeTable } from '../code-table.ts'

export const upgradeCodes = {
  UPGRADE_MAJOR: {
    severity: 'error',
    summary: 'another major version of PostgreSQL cannot open the data',
    outcome: 'refused',
  },
  UPGRADE_DOWNGRADE: {
    severity: 'error',
    summary: 'the installed programs are older than what runs',
    outcome: 'refused',
  },
  UPGRADE_STEP_TOO_LARGE: {
    severity: 'error',
    summary: 'the versions cannot work together during the upgrade',
    outcome: 'refused',
  },
  UPGRADE_UNHEALTHY: {
    severity: 'error',
    summary: 'the cluster is not healthy enough to be upgraded',
    outcome: 'refused',
  },
  UPGRADE_DURING_BACKUP: {
    severity: 'error',
    summary: 'a backup or a proof is under way, which a restart would break',
    outcome: 'refused',
  },
  UPGRADE_INCOMPLETE: {
    severity: 'error',
    summary: 'a member does not run the new version',
    outcome: 'failed',
  },
  UPGRADE_CLOSES_SESSIONS: {
    severity: 'info',
    summary: 'a newer pooler waits, and its restart would close the sessions of clients',
    outcome: 'findings',
  },
  // a health check: its id in upper case
  UPGRADE_WAITING: {
    severity: 'warning',
    summary: 'newer programs are installed than run',
    outcome: 'findings',
  },
} as const satisfies CodeTable
