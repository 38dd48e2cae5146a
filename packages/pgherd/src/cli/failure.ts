import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Output } from './output.ts'

/**
 * Says what ended a command and gives the exit code. An error that is no diagnostic is a defect of ours and says
 * so; where it happened is shown with PGHERD_DEBUG=1 alone.
 */
export function reportFailure(error: unknown, output: Output, to: 'stdout' | 'stderr'): number {
  const known = error instanceof DiagnosticError ? error : new DiagnosticError(defect(error))
  if (process.env['PGHERD_DEBUG'] === '1' && error instanceof Error)
    process.stderr.write(`${error.stack ?? ''}\n`)
  output.document({ ok: false, diagnostics: known.diagnostics })
  if (to === 'stderr') output.complain(known.diagnostics)
  else output.findings(known.diagnostics)
  return known.exitCode
}

function defect(error: unknown) {
  return diagnose('INTERNAL', {
    detail: `${error instanceof Error ? error.message : String(error)}; nothing further was done`,
    mend: mend.advice(
      'run the command again; if it stays, report it with the text above (PGHERD_DEBUG=1 shows where it happened)',
    ),
  })
}
