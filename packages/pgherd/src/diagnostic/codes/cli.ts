import type { CodeTable } from '../code-table.ts'

export const cliCodes = {
  USAGE: { severity: 'error', summary: 'the command line is not understood', outcome: 'usage' },
  CONFIRMATION_NEEDED: { severity: 'error', summary: 'the command must be confirmed', outcome: 'refused' },
  FILE_EXISTS: { severity: 'error', summary: 'the file exists already', outcome: 'refused' },
  ROLE_UNKNOWN: { severity: 'error', summary: 'the spec declares no such role', outcome: 'usage' },
  DATABASE_UNKNOWN: {
    severity: 'error',
    summary: 'the spec declares no such database for the role',
    outcome: 'usage',
  },
  NOT_UP: { severity: 'error', summary: 'the database is not up', outcome: 'failed' },
  DATABASE_NEVER_UP: {
    severity: 'error',
    summary: 'this database was never brought up here',
    outcome: 'refused',
  },
  TARGET_MISSED: {
    severity: 'warning',
    summary: 'a measured figure misses the target of the spec',
    outcome: 'findings',
  },
  BENCH_NOBODY: {
    severity: 'error',
    summary: 'the spec declares nobody who could run the load',
    outcome: 'refused',
  },
  VERIFY_FAILED: { severity: 'error', summary: 'a promise of the spec does not hold', outcome: 'findings' },
  INTERNAL: { severity: 'error', summary: 'pgherd made a mistake of its own', outcome: 'failed' },
  INTERRUPTED: { severity: 'info', summary: 'interrupted; whole steps only were done', outcome: 'failed' },
} as const satisfies CodeTable
