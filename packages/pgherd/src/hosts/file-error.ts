import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'

/**
 * Turns an error of the file system into a finding that names the path and the mend; anything that
 * is no system error comes back as it is. `doing` completes "cannot ...", such as `write`.
 */
export function asFileFinding(error: unknown, doing: string, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  if (code === undefined || error instanceof DiagnosticError || !/^E[A-Z0-9]+$/.test(code)) return error
  const cannot = `cannot ${doing} ${path}`
  const at = { file: path }
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new DiagnosticError(
        diagnose('DISK_FULL', {
          detail: `${cannot}: no space is left on its volume (${code}); what was there before is unchanged`,
          mend: mend.run('df', '-h', path.slice(0, path.lastIndexOf('/')) || '/'),
          at,
        }),
      )
    case 'EACCES':
    case 'EPERM':
      return new DiagnosticError(
        diagnose('FILE_DENIED', {
          detail: `${cannot}: ${userName()} is not allowed to (${code})`,
          mend: mend.run('namei', '-l', path),
          at,
        }),
      )
    case 'EROFS':
      return new DiagnosticError(
        diagnose('FILE_SYSTEM_READ_ONLY', {
          detail: `${cannot}: its file system is read-only; after a disk error the kernel remounts a volume so`,
          mend: mend.run('findmnt', '--target', path),
          at,
        }),
      )
    case 'ENOTDIR':
    case 'EISDIR':
    case 'EEXIST':
    case 'ENOTEMPTY':
    case 'ELOOP':
      return new DiagnosticError(
        diagnose('PATH_IN_THE_WAY', {
          detail: `${cannot}: something of another kind is there already (${code})`,
          mend: mend.run('ls', '-ld', path),
          at,
        }),
      )
    default:
      return new DiagnosticError(
        diagnose('FILE_FAILED', { detail: `${cannot}: ${code}`, mend: mend.run('ls', '-ld', path), at }),
        { cause: error },
      )
  }
}

function userName(): string {
  return process.geteuid?.() === 0 ? 'even root' : `the user with id ${process.geteuid?.() ?? 'unknown'}`
}
