import type { CodeTable } from '../code-table.ts'

/** The codes of @pgherd/migrate, as `pgherd migrate` shows them. Written out, since loading the library for them would slow every command. */
export const migrateCodes = {
  MIGRATE_FOLDER_UNREADABLE: {
    severity: 'error',
    summary: 'the folder of the migrations cannot be read',
    outcome: 'refused',
  },
  MIGRATE_NAME_UNREADABLE: {
    severity: 'error',
    summary: 'the name of a migration has no version',
    outcome: 'refused',
  },
  MIGRATE_NAME_REFUSED: {
    severity: 'error',
    summary: 'a new migration cannot have this name',
    outcome: 'usage',
  },
  MIGRATE_FILE_EXISTS: {
    severity: 'error',
    summary: 'a file of that name is there already',
    outcome: 'refused',
  },
  MIGRATE_VERSION_TWICE: {
    severity: 'error',
    summary: 'two migrations have the same version',
    outcome: 'refused',
  },
  MIGRATE_DOWN_TWICE: { severity: 'error', summary: 'a migration has two down parts', outcome: 'refused' },
  MIGRATE_DOWN_ALONE: { severity: 'error', summary: 'a down file has no migration', outcome: 'refused' },
  MIGRATE_GAP: {
    severity: 'error',
    summary: 'a number is missing in the sequence of migrations',
    outcome: 'refused',
  },
  MIGRATE_TEXT_INVALID: {
    severity: 'error',
    summary: 'a migration holds bytes that PostgreSQL cannot take',
    outcome: 'refused',
  },
  MIGRATE_TEXT_EMPTY: { severity: 'error', summary: 'a migration is empty', outcome: 'refused' },
  MIGRATE_LAYOUT_INVALID: {
    severity: 'error',
    summary: 'the marks in a migration contradict each other',
    outcome: 'refused',
  },
  MIGRATE_DIRECTIVE_UNKNOWN: {
    severity: 'error',
    summary: 'a directive in a migration means nothing',
    outcome: 'refused',
  },
  MIGRATE_CHECKSUM_CHANGED: {
    severity: 'error',
    summary: 'an applied migration was edited',
    outcome: 'refused',
  },
  MIGRATE_FILE_MISSING: {
    severity: 'error',
    summary: 'an applied migration has no file',
    outcome: 'refused',
  },
  MIGRATE_DATABASE_AHEAD: {
    severity: 'error',
    summary: 'the database is ahead of the files',
    outcome: 'refused',
  },
  MIGRATE_OUT_OF_ORDER: {
    severity: 'error',
    summary: 'a migration lies before one that is applied',
    outcome: 'refused',
  },
  MIGRATE_PARTIAL: {
    severity: 'error',
    summary: 'a migration outside a transaction did not finish',
    outcome: 'refused',
  },
  MIGRATE_UNTRACKED: {
    severity: 'warning',
    summary: 'what a pending migration makes is there already',
    outcome: 'findings',
  },
  MIGRATE_TABLE_DAMAGED: { severity: 'error', summary: 'the history table is damaged', outcome: 'refused' },
  MIGRATE_LOCK_STUCK: {
    severity: 'warning',
    summary: 'an idle session holds the lock of the migrations',
    outcome: 'findings',
  },
  MIGRATE_FAILED: { severity: 'error', summary: 'a migration failed', outcome: 'failed' },
  MIGRATE_LOCK_TIMEOUT: {
    severity: 'error',
    summary: 'a migration did not get a lock on a table in time',
    outcome: 'failed',
  },
  MIGRATE_LOCK_HELD: {
    severity: 'error',
    summary: 'another runner holds the lock of the migrations',
    outcome: 'failed',
  },
  MIGRATE_NO_CONNECTION: {
    severity: 'error',
    summary: 'there is no connection to the database',
    outcome: 'failed',
  },
  MIGRATE_CONNECTION_LOST: {
    severity: 'error',
    summary: 'the connection broke while migrations ran',
    outcome: 'failed',
  },
  MIGRATE_READ_ONLY: { severity: 'error', summary: 'the server takes no writes', outcome: 'refused' },
  MIGRATE_IN_TRANSACTION: {
    severity: 'error',
    summary: 'the client has an open transaction',
    outcome: 'refused',
  },
  MIGRATE_ENDS_TRANSACTION: {
    severity: 'error',
    summary: 'a migration begins or ends transactions itself',
    outcome: 'refused',
  },
  MIGRATE_UNPARSABLE: {
    severity: 'error',
    summary: 'a migration outside a transaction cannot be split into statements',
    outcome: 'refused',
  },
  MIGRATE_TARGET_UNKNOWN: { severity: 'error', summary: 'the target is no version', outcome: 'usage' },
  MIGRATE_DOWN_MISSING: { severity: 'error', summary: 'a migration cannot be undone', outcome: 'refused' },
  MIGRATE_BASELINE_REFUSED: {
    severity: 'error',
    summary: 'the database has a history already',
    outcome: 'refused',
  },
  MIGRATE_REPAIR_REFUSED: {
    severity: 'error',
    summary: 'there is nothing of this kind to repair',
    outcome: 'refused',
  },
  MIG01: {
    severity: 'warning',
    summary: 'an index is built, rebuilt or dropped while others must wait',
    outcome: 'findings',
  },
  MIG02: {
    severity: 'warning',
    summary: 'a constraint is checked or its index built while others must wait',
    outcome: 'findings',
  },
  MIG03: {
    severity: 'warning',
    summary: 'a table is read or written whole while others must wait',
    outcome: 'findings',
  },
  MIG04: {
    severity: 'warning',
    summary: 'what running programs may use is renamed or dropped',
    outcome: 'findings',
  },
  MIG05: {
    severity: 'warning',
    summary: 'no lock_timeout is in effect where a lock is taken',
    outcome: 'findings',
  },
  MIG06: {
    severity: 'error',
    summary: 'a migration cannot be taken back or run again after it stopped half way',
    outcome: 'findings',
  },
  MIG07: {
    severity: 'warning',
    summary: 'a lock is held for longer than a moment on a table in use',
    outcome: 'findings',
  },
  MIG08: { severity: 'warning', summary: 'many rows are changed in one transaction', outcome: 'findings' },
  MIG09: {
    severity: 'warning',
    summary: 'a table is packed anew while nobody can use it',
    outcome: 'findings',
  },
  MIGRATE_NOT_SQL: {
    severity: 'error',
    summary: 'the grammar of PostgreSQL does not know the text',
    outcome: 'findings',
  },
  MIGRATE_ALLOW_INVALID: {
    severity: 'error',
    summary: 'a suppression names no rule or gives no reason',
    outcome: 'findings',
  },
  MIGRATE_ALLOW_UNUSED: {
    severity: 'info',
    summary: 'a suppression suppresses nothing',
    outcome: 'findings',
  },
  MIGRATE_DIFF_ENGINE_MISSING: {
    severity: 'error',
    summary: 'the engine that compares schemas is not installed',
    outcome: 'failed',
  },
  MIGRATE_DIFF_FAILED: {
    severity: 'error',
    summary: 'the way from one schema to the other was not found',
    outcome: 'failed',
  },
  MIGRATE_DIFF_LEFT_OUT: { severity: 'warning', summary: 'something was not compared', outcome: 'findings' },
  MIGRATE_SCHEMA_INVALID: {
    severity: 'error',
    summary: 'the schema file does not run on an empty database',
    outcome: 'refused',
  },
  MIGRATE_OTHER_DATABASE: {
    severity: 'error',
    summary: 'a client for a throwaway database is connected to another one',
    outcome: 'failed',
  },
} as const satisfies CodeTable
