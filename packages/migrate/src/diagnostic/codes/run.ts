import type { CodeTable } from './code-table.ts'

/** What can go wrong while migrations run. */
export const runCodes = {
  MIGRATE_FAILED: {
    severity: 'error',
    summary: 'a migration failed',
  },
  MIGRATE_LOCK_TIMEOUT: {
    severity: 'error',
    summary: 'a migration did not get a lock on a table in time',
  },
  MIGRATE_LOCK_HELD: {
    severity: 'error',
    summary: 'another runner holds the lock of the migrations',
  },
  MIGRATE_NO_CONNECTION: {
    severity: 'error',
    summary: 'there is no connection to the database',
  },
  MIGRATE_CONNECTION_LOST: {
    severity: 'error',
    summary: 'the connection broke while migrations ran',
  },
  MIGRATE_READ_ONLY: {
    severity: 'error',
    summary: 'the server takes no writes',
  },
  MIGRATE_IN_TRANSACTION: {
    severity: 'error',
    summary: 'the client has an open transaction',
  },
  MIGRATE_ENDS_TRANSACTION: {
    severity: 'error',
    summary: 'a migration begins or ends transactions itself',
  },
  MIGRATE_UNPARSABLE: {
    severity: 'error',
    summary: 'a migration outside a transaction cannot be split into statements',
  },
  MIGRATE_TARGET_UNKNOWN: {
    severity: 'error',
    summary: 'the target is no version',
  },
  MIGRATE_DOWN_MISSING: {
    severity: 'error',
    summary: 'a migration cannot be undone',
  },
  MIGRATE_BASELINE_REFUSED: {
    severity: 'error',
    summary: 'the database has a history already',
  },
  MIGRATE_REPAIR_REFUSED: {
    severity: 'error',
    summary: 'there is nothing of this kind to repair',
  },
} as const satisfies CodeTable
