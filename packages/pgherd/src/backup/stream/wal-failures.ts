import { DiagnosticError, diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import { ArchiveWriteError, ServerSilentError } from './wal-session.ts'

/** SQLSTATE of an error of the server, or the code of a system call. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/** True when an error or one of its causes says that the disk or the quota is full. */
export function isDiskFull(error: unknown): boolean {
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    if (codeOf(each) === 'ENOSPC' || codeOf(each) === 'EDQUOT') return true
  }
  return false
}

/** 58P01 undefined_file: "requested WAL segment ... has already been removed" (src/backend/access/transam/xlogreader.c). */
export function isWalRemoved(error: unknown): boolean {
  return codeOf(error) === '58P01'
}

/** Why streaming stopped, as a finding. */
export function explainFailure(error: unknown, root: string): Diagnostic {
  if (error instanceof DiagnosticError && error.diagnostics[0]) return error.diagnostics[0]
  if (error instanceof ArchiveWriteError) return explainStall(error.cause, root)
  if (error instanceof ServerSilentError) {
    return diagnose('WAL_SERVER_SILENT', {
      detail: `${error.message}. Until it answers, new WAL is not archived`,
      mend: mend.run('pgherd', 'health'),
    })
  }
  if (codeOf(error) === '55006') {
    return diagnose('WAL_SLOT_BUSY', {
      detail: `another process receives the WAL: ${messageOf(error)}`,
      mend: mend.advice(
        'let the one agent of this database do the archiving; this process takes over when it stops',
      ),
    })
  }
  return diagnose('WAL_SERVER_UNREACHABLE', {
    detail: `the WAL stream is interrupted: ${messageOf(error)}. Until it is back, new WAL is kept on the server only`,
    mend: mend.run('pgherd', 'status'),
  })
}

function explainStall(cause: unknown, root: string): Diagnostic {
  if (cause instanceof DiagnosticError && cause.diagnostics[0] && !isDiskFull(cause))
    return cause.diagnostics[0]
  return diagnose('WAL_ARCHIVE_STALLED', {
    detail: isDiskFull(cause)
      ? `no space is left in ${root}, so WAL cannot be archived. The server keeps it meanwhile, up to max_slot_wal_keep_size`
      : `WAL cannot be written to ${root}: ${messageOf(cause)}. The server keeps it meanwhile, up to max_slot_wal_keep_size`,
    mend: mend.advice(`make room in ${root} or repair it; archiving goes on by itself within seconds`),
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
