import type { CodeTable } from './code-table.ts'

/** What can be wrong with the files of migrations. */
export const sourceCodes = {
  MIGRATE_FOLDER_UNREADABLE: {
    severity: 'error',
    summary: 'the folder of the migrations cannot be read',
  },
  MIGRATE_NAME_UNREADABLE: {
    severity: 'error',
    summary: 'the name of a migration has no version',
  },
  MIGRATE_NAME_REFUSED: {
    severity: 'error',
    summary: 'a new migration cannot have this name',
  },
  MIGRATE_FILE_EXISTS: {
    severity: 'error',
    summary: 'a file of that name is there already',
  },
  MIGRATE_VERSION_TWICE: {
    severity: 'error',
    summary: 'two migrations have the same version',
  },
  MIGRATE_DOWN_TWICE: {
    severity: 'error',
    summary: 'a migration has two down parts',
  },
  MIGRATE_DOWN_ALONE: {
    severity: 'error',
    summary: 'a down file has no migration',
  },
  MIGRATE_GAP: {
    severity: 'error',
    summary: 'a number is missing in the sequence of migrations',
  },
  MIGRATE_TEXT_INVALID: {
    severity: 'error',
    summary: 'a migration holds bytes that PostgreSQL cannot take',
  },
  MIGRATE_TEXT_EMPTY: {
    severity: 'error',
    summary: 'a migration is empty',
  },
  MIGRATE_LAYOUT_INVALID: {
    severity: 'error',
    summary: 'the marks in a migration contradict each other',
  },
  MIGRATE_DIRECTIVE_UNKNOWN: {
    severity: 'error',
    summary: 'a directive in a migration means nothing',
  },
} as const satisfies CodeTable
