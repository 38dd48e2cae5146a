import type { CodeTable } from '../code-table.ts'

export const backupCodes = {
  BACKUP_KEY_INVALID: { severity: 'error', summary: 'the backup key has the wrong form', outcome: 'refused' },
  BACKUP_KEY_WRONG: {
    severity: 'error',
    summary: 'the backup key does not open this repository',
    outcome: 'refused',
  },
  BACKUP_REPOSITORY_FOREIGN: {
    severity: 'error',
    summary: 'the repository belongs to another cluster',
    outcome: 'refused',
  },
  BACKUP_REPOSITORY_NEWER: {
    severity: 'error',
    summary: 'the repository was written by a newer pgherd',
    outcome: 'refused',
  },
  BACKUP_REPOSITORY_NOT_EMPTY: {
    severity: 'error',
    summary: 'the repository directory holds other files',
    outcome: 'refused',
  },
  BACKUP_REPOSITORY_UNREADABLE: {
    severity: 'error',
    summary: 'the repository cannot be read or written',
    outcome: 'failed',
  },
  BACKUP_FILE_MISSING: {
    severity: 'error',
    summary: 'a file of the repository is missing',
    outcome: 'failed',
  },
  BACKUP_FILE_DAMAGED: {
    severity: 'error',
    summary: 'a file of the repository is damaged',
    outcome: 'failed',
  },
  BACKUP_FILE_UNEXPECTED: {
    severity: 'warning',
    summary: 'the repository holds a file that belongs to nothing',
    outcome: 'findings',
  },
  BACKUP_DISK_FULL: { severity: 'error', summary: 'the disk of the repository is full', outcome: 'failed' },
  BACKUP_DISK_SHORT: {
    severity: 'error',
    summary: 'the repository has too little space for a backup',
    outcome: 'refused',
  },
  BACKUP_WAL_GAP: {
    severity: 'error',
    summary: 'a WAL segment is missing from the repository',
    outcome: 'findings',
  },
  BACKUP_NONE_RESTORABLE: { severity: 'error', summary: 'no backup can be restored', outcome: 'refused' },
  BACKUP_TARGET_UNREACHABLE: {
    severity: 'error',
    summary: 'the target is outside the restorable window',
    outcome: 'refused',
  },
  BACKUP_CHECKSUM_MISMATCH: {
    severity: 'error',
    summary: 'a backup differs from the manifest of the server',
    outcome: 'failed',
  },
  BACKUP_PAGE_CHECKSUM: {
    severity: 'error',
    summary: 'the server found damaged pages while the backup was taken',
    outcome: 'findings',
  },
  BACKUP_CLUSTER_UNKNOWN: {
    severity: 'error',
    summary: 'there is nothing to back up or to restore from',
    outcome: 'refused',
  },
  BACKUP_INTERRUPTED: { severity: 'error', summary: 'a base backup was interrupted', outcome: 'failed' },
  BACKUP_COMPRESSION_UNSUPPORTED: {
    severity: 'info',
    summary: 'the server cannot compress this way',
    outcome: 'findings',
  },
  WAL_SERVER_UNREACHABLE: {
    severity: 'warning',
    summary: 'the WAL stream is interrupted',
    outcome: 'findings',
  },
  WAL_SERVER_SILENT: { severity: 'error', summary: 'the server is frozen', outcome: 'findings' },
  WAL_SLOT_BUSY: { severity: 'warning', summary: 'another process receives the WAL', outcome: 'findings' },
  WAL_ARCHIVE_STALLED: {
    severity: 'error',
    summary: 'WAL cannot be written to the repository',
    outcome: 'findings',
  },
  WAL_ARCHIVE_LATE: { severity: 'error', summary: 'WAL was not archived in time', outcome: 'failed' },
  WAL_ARCHIVE_AHEAD: {
    severity: 'error',
    summary: 'the archive holds WAL that this server never wrote',
    outcome: 'refused',
  },
  WAL_TIMELINE_TAKEN: {
    severity: 'error',
    summary: 'the archive holds another timeline of the same number',
    outcome: 'refused',
  },
  WAL_NO_PRIMARY: {
    severity: 'warning',
    summary: 'the cluster has no primary to stream from',
    outcome: 'findings',
  },
  WAL_PRIMARY_MOVED: {
    severity: 'warning',
    summary: 'another member has become primary',
    outcome: 'findings',
  },
  BACKUP_FROM_PRIMARY: {
    severity: 'info',
    summary: 'the backup was taken from the primary',
    outcome: 'findings',
  },
  WAL_FOREIGN_SERVER: {
    severity: 'error',
    summary: 'the server belongs to another cluster than the repository',
    outcome: 'refused',
  },
  WAL_GAP: { severity: 'error', summary: 'WAL was lost before it was archived', outcome: 'findings' },
} as const satisfies CodeTable
