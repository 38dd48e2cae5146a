import { codes, type MigrateCode } from './codes.ts'

/** How grave a finding is: an error must be mended, a warning should be, an info is for knowing. */
export type Severity = 'error' | 'warning' | 'info'

/** Where a finding was made. `line` and `column` count from 1. */
export interface Place {
  readonly file?: string
  readonly line?: number
  readonly column?: number
  /** The version of the migration. */
  readonly version?: string
}

/** One finding: what is wrong here, why it matters, and what mends it. The shape is that of the platform's diagnostics. */
export interface Diagnostic {
  readonly code: MigrateCode
  readonly severity: Severity
  /** Fixed per code, without data of the user: safe to group and to send out. */
  readonly summary: string
  /** What is wrong here, by name; then why it matters. */
  readonly detail: string
  readonly mend: { readonly kind: 'advice'; readonly text: string }
  readonly at: Place
}

/** Makes a finding of a registered code; summary and severity come from the registry. */
export function diagnose(
  code: MigrateCode,
  finding: { readonly detail: string; readonly mend: string; readonly at?: Place },
): Diagnostic {
  const { severity, summary } = codes[code]
  return {
    code,
    severity,
    summary,
    detail: finding.detail,
    mend: { kind: 'advice', text: finding.mend },
    at: finding.at ?? {},
  }
}

/**
 * Thrown when work cannot go on. Carries every finding that stands in the way, not only the first. `cause` is the error
 * of the server or of the file system where there is one. Anything else that is thrown is a defect of this library.
 */
export class MigrateError extends Error {
  readonly diagnostics: readonly Diagnostic[]

  constructor(diagnostics: readonly Diagnostic[], options?: ErrorOptions) {
    super(
      diagnostics.map((each) => `${each.code}: ${each.detail}\n  mend: ${each.mend.text}`).join('\n'),
      options,
    )
    this.name = 'MigrateError'
    this.diagnostics = diagnostics
  }

  /** The code of the first finding. */
  get code(): MigrateCode | undefined {
    return this.diagnostics[0]?.code
  }
}

/** Throws MigrateError with all of the findings that are errors, when there is one. */
export function refuseErrors(findings: readonly Diagnostic[]): void {
  const errors = findings.filter((each) => each.severity === 'error')
  if (errors.length > 0) throw new MigrateError(errors)
}
