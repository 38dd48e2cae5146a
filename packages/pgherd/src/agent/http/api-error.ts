import { diagnose, type Diagnostic, type Mend } from '../../diagnostic/diagnostic.ts'
import type { DiagnosticCode } from '../../diagnostic/codes.ts'

/** An answer that is no success: a status code and findings, never a stack. */
export class ApiError extends Error {
  readonly statusCode: number
  readonly findings: readonly Diagnostic[]

  constructor(
    statusCode: number,
    code: DiagnosticCode,
    finding: { readonly detail: string; readonly mend: Mend },
  ) {
    super(finding.detail)
    this.name = 'ApiError'
    this.statusCode = statusCode
    this.findings = [diagnose(code, finding)]
  }
}
