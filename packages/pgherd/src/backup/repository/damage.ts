import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { isRefusal, notAccessible } from './durable-write.ts'

/** A stored file whose bytes are not what was written. `reason` says how it showed. */
export function damaged(path: string, reason: string, cause?: unknown): DiagnosticError {
  return new DiagnosticError(
    diagnose('BACKUP_FILE_DAMAGED', {
      detail: `"${path}" is damaged: ${reason}. Nothing that needs this file can be restored`,
      mend: mend.run('pgherd', 'backup'),
      at: { file: path },
    }),
    { cause },
  )
}

/** A stored file that is not there. */
export function missing(path: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('BACKUP_FILE_MISSING', {
      detail: `"${path}" is not in the repository. Nothing that needs this file can be restored`,
      mend: mend.run('pgherd', 'backup'),
      at: { file: path },
    }),
  )
}

/** A sealed file in a repository that was opened without a key. */
export function keyNeeded(path: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('BACKUP_KEY_WRONG', {
      detail: `"${path}" is encrypted, and the spec says backups.encryption: none. Without the key it cannot be restored`,
      mend: mend.advice('set backups.encryption back to the key this repository was made with'),
      at: { file: path },
    }),
  )
}

/** What a failure while reading a stored file means: damage, unless the file system says otherwise. */
export function explainReadFailure(path: string, error: unknown): DiagnosticError {
  if (error instanceof DiagnosticError) return error
  if (isAbsent(error)) return missing(path)
  if (isRefusal(error)) return notAccessible(path, error.code, error)
  return damaged(path, inWords(error), error)
}

/** OpenSSL's words for a tag that is wrong say nothing to whoever reads them. */
function inWords(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return /unable to authenticate data/.test(message) ? 'its contents do not fit their seal' : message
}

/** Nothing has this name, or what should be its directory is a file. */
export function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}
