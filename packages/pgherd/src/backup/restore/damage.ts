import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'

/** A base backup whose stored file does not hold what was backed up. */
export function backupDamaged(backup: string, stored: string, reason: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('RESTORE_BACKUP_DAMAGED', {
      detail: `base/${backup}/${stored} is damaged: ${reason}. Backup ${backup} cannot be restored`,
      mend: mend.run('pgherd', 'backup'),
      at: { file: `base/${backup}/${stored}` },
    }),
  )
}

/** A WAL file without which replay cannot go on. */
export function walMissing(name: string, after: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('RESTORE_WAL_MISSING', {
      detail: `WAL segment ${name} is not in the repository: nothing after ${after} can be restored from the backups before it`,
      mend: mend.run('pgherd', 'backup'),
      at: { file: name },
    }),
  )
}

/** A WAL segment that is there and cannot be read or replayed. */
export function walDamaged(name: string, reason: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('RESTORE_WAL_DAMAGED', {
      detail: `WAL segment ${name} is damaged: ${reason}. Nothing after it can be restored from the backups before it`,
      mend: mend.run('pgherd', 'backup'),
      at: { file: name },
    }),
  )
}
