import type { CodeTable } from '../code-table.ts'

export const postgresCodes = {
  IDENTIFIER_UNUSABLE: {
    severity: 'error',
    summary: 'a name cannot be used in PostgreSQL',
    outcome: 'usage',
  },
  SECRET_TOO_WEAK: { severity: 'error', summary: 'a secret would be too easy to guess', outcome: 'failed' },
  DRIFT_UNDECLARED_ROLE: {
    severity: 'warning',
    summary: 'a role exists that the spec does not declare',
    outcome: 'findings',
  },
  DRIFT_UNDECLARED_DATABASE: {
    severity: 'warning',
    summary: 'a database exists that the spec does not declare',
    outcome: 'findings',
  },
  DRIFT_UNDECLARED_EXTENSION: {
    severity: 'warning',
    summary: 'an extension is installed that the spec does not declare',
    outcome: 'findings',
  },
  DRIFT_UNDECLARED_MEMBERSHIP: {
    severity: 'warning',
    summary: 'a role is member of a role without the spec saying so',
    outcome: 'findings',
  },
  DRIFT_UNDECLARED_SETTING: {
    severity: 'warning',
    summary: 'a role or database has a setting the spec does not declare',
    outcome: 'findings',
  },
  DRIFT_UNDECLARED_GRANT: {
    severity: 'warning',
    summary: 'a role has a privilege its access level does not include',
    outcome: 'findings',
  },
  DATABASE_IMMUTABLE_PROPERTY: {
    severity: 'error',
    summary: 'a database cannot be changed to what the spec says in place',
    outcome: 'findings',
  },
  DATABASE_INVALID: {
    severity: 'error',
    summary: 'a database was left behind half dropped',
    outcome: 'findings',
  },
  EXTENSION_UNAVAILABLE: {
    severity: 'error',
    summary: 'a declared extension is not installed on the host',
    outcome: 'refused',
  },
  EXTENSION_OUTDATED: {
    severity: 'info',
    summary: 'an extension is older than its files on the host',
    outcome: 'findings',
  },
} as const satisfies CodeTable
