import type { CodeTable } from './code-table.ts'

/** The rules of the lint, and what can be wrong with a suppression. Each severity is the highest the code is used with. */
export const lintCodes = {
  MIG01: {
    severity: 'warning',
    summary: 'an index is built, rebuilt or dropped while others must wait',
  },
  MIG02: {
    severity: 'warning',
    summary: 'a constraint is checked or its index built while others must wait',
  },
  MIG03: {
    severity: 'warning',
    summary: 'a table is read or written whole while others must wait',
  },
  MIG04: {
    severity: 'warning',
    summary: 'what running programs may use is renamed or dropped',
  },
  MIG05: {
    severity: 'warning',
    summary: 'no lock_timeout is in effect where a lock is taken',
  },
  MIG06: {
    severity: 'error',
    summary: 'a migration cannot be taken back or run again after it stopped half way',
  },
  MIG07: {
    severity: 'warning',
    summary: 'a lock is held for longer than a moment on a table in use',
  },
  MIG08: {
    severity: 'warning',
    summary: 'many rows are changed in one transaction',
  },
  MIG09: {
    severity: 'warning',
    summary: 'a table is packed anew while nobody can use it',
  },
  MIGRATE_NOT_SQL: {
    severity: 'error',
    summary: 'the grammar of PostgreSQL does not know the text',
  },
  MIGRATE_ALLOW_INVALID: {
    severity: 'error',
    summary: 'a suppression names no rule or gives no reason',
  },
  MIGRATE_ALLOW_UNUSED: {
    severity: 'info',
    summary: 'a suppression suppresses nothing',
  },
} as const satisfies CodeTable
