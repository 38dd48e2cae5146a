import type { CodeTable } from './code-table.ts'

/** What can be wrong between the files and what the database says about itself. */
export const historyCodes = {
  MIGRATE_CHECKSUM_CHANGED: {
    severity: 'error',
    summary: 'an applied migration was edited',
  },
  MIGRATE_FILE_MISSING: {
    severity: 'error',
    summary: 'an applied migration has no file',
  },
  MIGRATE_DATABASE_AHEAD: {
    severity: 'error',
    summary: 'the database is ahead of the files',
  },
  MIGRATE_OUT_OF_ORDER: {
    severity: 'error',
    summary: 'a migration lies before one that is applied',
  },
  MIGRATE_PARTIAL: {
    severity: 'error',
    summary: 'a migration outside a transaction did not finish',
  },
  MIGRATE_UNTRACKED: {
    severity: 'warning',
    summary: 'what a pending migration makes is there already',
  },
  MIGRATE_TABLE_DAMAGED: {
    severity: 'error',
    summary: 'the history table is damaged',
  },
  MIGRATE_LOCK_STUCK: {
    severity: 'warning',
    summary: 'an idle session holds the lock of the migrations',
  },
} as const satisfies CodeTable
