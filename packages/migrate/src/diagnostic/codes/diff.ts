import type { CodeTable } from './code-table.ts'

/** What can go wrong while schemas are compared. */
export const diffCodes = {
  MIGRATE_DIFF_ENGINE_MISSING: {
    severity: 'error',
    summary: 'the engine that compares schemas is not installed',
  },
  MIGRATE_DIFF_FAILED: {
    severity: 'error',
    summary: 'the way from one schema to the other was not found',
  },
  MIGRATE_DIFF_LEFT_OUT: {
    severity: 'warning',
    summary: 'something was not compared',
  },
  MIGRATE_SCHEMA_INVALID: {
    severity: 'error',
    summary: 'the schema file does not run on an empty database',
  },
  MIGRATE_OTHER_DATABASE: {
    severity: 'error',
    summary: 'a client for a throwaway database is connected to another one',
  },
} as const satisfies CodeTable
