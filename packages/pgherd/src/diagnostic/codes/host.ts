import type { CodeTable } from '../code-table.ts'

export const hostCodes = {
  DISK_FULL: { severity: 'error', summary: 'the disk is full', outcome: 'failed' },
  FILE_DENIED: {
    severity: 'error',
    summary: 'the operating system denies access to a path',
    outcome: 'failed',
  },
  FILE_SYSTEM_READ_ONLY: {
    severity: 'error',
    summary: 'the file system is mounted read-only',
    outcome: 'failed',
  },
  FILE_FAILED: { severity: 'error', summary: 'a path cannot be read or written', outcome: 'failed' },
  PATH_IN_THE_WAY: {
    severity: 'error',
    summary: 'something else lies where pgherd needs its own path',
    outcome: 'refused',
  },
  PATH_OUTSIDE_STATE: {
    severity: 'error',
    summary: 'a change outside the state directory was refused',
    outcome: 'refused',
  },
  PATH_NOT_OURS: {
    severity: 'error',
    summary: 'a path pgherd relies on belongs to somebody else',
    outcome: 'refused',
  },
  PATH_UNREACHABLE: {
    severity: 'error',
    summary: 'the user PostgreSQL runs as cannot reach a path',
    outcome: 'refused',
  },
  LOCKED: { severity: 'error', summary: 'another pgherd is at work here', outcome: 'refused' },

  ACCOUNT_UNKNOWN: { severity: 'error', summary: 'the current user has no account', outcome: 'refused' },
  ACCOUNT_MISSING: {
    severity: 'error',
    summary: 'there is no account to run PostgreSQL as',
    outcome: 'failed',
  },

  POSTGRES_MISSING: {
    severity: 'error',
    summary: 'the PostgreSQL programs are not installed',
    outcome: 'failed',
  },
  POSTGRES_WRONG_VERSION: {
    severity: 'error',
    summary: 'the PostgreSQL programs have another version than the spec asks for',
    outcome: 'refused',
  },
  PROGRAM_MISSING: { severity: 'error', summary: 'a program cannot be started', outcome: 'failed' },

  POSTGRES_UNREACHABLE: { severity: 'error', summary: 'PostgreSQL cannot be reached', outcome: 'failed' },
  SQL_REFUSED: { severity: 'error', summary: 'PostgreSQL refused a statement', outcome: 'failed' },
  SQL_LOCKED_OUT: { severity: 'error', summary: 'a statement waited too long for a lock', outcome: 'failed' },
  HTTP_UNREACHABLE: { severity: 'error', summary: 'an HTTP address does not answer', outcome: 'failed' },

  SUPERVISOR_NOT_STARTED: { severity: 'error', summary: 'the supervisor did not start', outcome: 'failed' },
  SUPERVISOR_UNREACHABLE: { severity: 'error', summary: 'the supervisor does not answer', outcome: 'failed' },
  UNIT_REFUSED: { severity: 'error', summary: 'the supervisor refused a request', outcome: 'failed' },
  UNIT_NOT_STARTED: {
    severity: 'error',
    summary: 'a program ended right after its start',
    outcome: 'failed',
  },
  UNIT_UNSAFE: {
    severity: 'error',
    summary: 'a unit definition could have been written by somebody else',
    outcome: 'refused',
  },

  CERT_MISSING: { severity: 'error', summary: 'there is no server certificate', outcome: 'refused' },
  CERT_UNREADABLE: {
    severity: 'error',
    summary: 'a certificate or its key cannot be read',
    outcome: 'refused',
  },
  CERT_EXPIRED: { severity: 'error', summary: 'the server certificate has expired', outcome: 'refused' },
  CERT_NOT_YET_VALID: {
    severity: 'error',
    summary: 'the server certificate is not valid yet',
    outcome: 'refused',
  },
  CERT_EXPIRES_SOON: {
    severity: 'warning',
    summary: 'the server certificate expires soon',
    outcome: 'findings',
  },
  CERT_HOST_MISMATCH: {
    severity: 'error',
    summary: 'the server certificate is not for a host it serves',
    outcome: 'refused',
  },
  CERT_KEY_MISMATCH: {
    severity: 'error',
    summary: 'the server certificate and its key do not belong together',
    outcome: 'refused',
  },
  CERT_UNTRUSTED: {
    severity: 'error',
    summary: 'the server certificate was not issued by its CA',
    outcome: 'refused',
  },
  CA_UNUSABLE: { severity: 'error', summary: "pgherd's own CA cannot be used", outcome: 'refused' },

  SECRET_UNAVAILABLE: {
    severity: 'error',
    summary: 'a secret cannot be fetched from where the spec says',
    outcome: 'failed',
  },
  SECRET_GONE: { severity: 'error', summary: 'the file of a secret is gone', outcome: 'failed' },
  BACKUP_KEY_GONE: { severity: 'error', summary: 'the key of existing backups is gone', outcome: 'refused' },
} as const satisfies CodeTable
