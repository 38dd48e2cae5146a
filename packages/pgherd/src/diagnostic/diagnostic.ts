import { codes, type DiagnosticCode } from './codes.ts'
import type { Severity } from './severity.ts'

/** How a finding is put right. `run` is a command to copy, `edit` a change of the spec, `advice` prose. */
export type Mend =
  | { readonly kind: 'run'; readonly argv: readonly string[] }
  | { readonly kind: 'edit'; readonly path: string; readonly to: unknown }
  | { readonly kind: 'advice'; readonly text: string }

/** Where a finding was made: a member, a path in the spec (`roles.app.access`), a line of the spec file. */
export interface Place {
  readonly member?: string
  readonly path?: string
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

/** One finding: what is wrong here, why it matters, and what mends it. */
export interface Diagnostic {
  readonly code: DiagnosticCode
  readonly severity: Severity
  /** Fixed per code, without user data: safe to group and to send out. */
  readonly summary: string
  /** What is wrong here, by name; then why it matters. Never contains a secret. */
  readonly detail: string
  readonly mend: Mend
  readonly at: Place
}

/** Makes a finding of a registered code; summary and severity come from the registry. */
export function diagnose(
  code: DiagnosticCode,
  finding: { readonly detail: string; readonly mend: Mend; readonly at?: Place },
): Diagnostic {
  const { severity, summary } = codes[code]
  return { code, severity, summary, detail: finding.detail, mend: finding.mend, at: finding.at ?? {} }
}

/** Shorthand for the three kinds of mend. */
export const mend = {
  run: (...argv: string[]): Mend => ({ kind: 'run', argv }),
  edit: (path: string, to: unknown): Mend => ({ kind: 'edit', path, to }),
  advice: (text: string): Mend => ({ kind: 'advice', text }),
}

/**
 * Thrown when work cannot go on. Carries findings instead of a bare message, so that the command
 * line and the HTTP interface can show the mend. Anything else that is thrown is a defect of ours.
 */
export class DiagnosticError extends Error {
  readonly diagnostics: readonly Diagnostic[]

  constructor(diagnostics: Diagnostic | readonly Diagnostic[], options?: ErrorOptions) {
    const all = Array.isArray(diagnostics)
      ? (diagnostics as readonly Diagnostic[])
      : [diagnostics as Diagnostic]
    super(all.map((each) => `${each.code}: ${each.detail}`).join('\n'), options)
    this.name = 'DiagnosticError'
    this.diagnostics = all
  }

  /** The process exit code for these findings: the highest that any of their codes asks for. */
  get exitCode(): number {
    return Math.max(...this.diagnostics.map((each) => exitCodes[codes[each.code].outcome]), 1)
  }
}

/** Exit codes of every command: 0 done, 1 findings, 2 usage, 3 refused, 4 failed. */
export const exitCodes = { done: 0, findings: 1, usage: 2, refused: 3, failed: 4 } as const
