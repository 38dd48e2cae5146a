import type { DiagnosticCode } from '../diagnostic/codes.ts'
import { diagnose, type Diagnostic, type Mend } from '../diagnostic/diagnostic.ts'
import { shownPath, type SpecPath } from './path.ts'

/** A place in a file; both count from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** A diagnostic in the making: it knows its path, not yet where in the file that is. */
export interface SpecFinding {
  readonly code: DiagnosticCode
  readonly detail: string
  readonly mend: Mend
  readonly path: SpecPath
  /**
   * Everything else the finding rests on. When any of it is itself at fault, the finding is held
   * back: a role that failed validation is not also reported as undeclared.
   */
  readonly involves?: readonly SpecPath[]
  /** Paths that may be at fault because of this: a misspelt `role` says nothing certain about `roles`. */
  readonly taints?: readonly SpecPath[]
  /** The path to show, where the real one may hold a secret. */
  readonly shownAs?: SpecPath
  /** Where in the file, when that is not the place of `path`. */
  readonly position?: Position
}

/** Turns a finding into a diagnostic of this file. */
export function toDiagnostic(finding: SpecFinding, file: string, position: Position | undefined): Diagnostic {
  const place = finding.position ?? position
  const path = finding.shownAs ?? finding.path
  return diagnose(finding.code, {
    detail: finding.detail,
    mend: finding.mend,
    at: {
      ...(path.length > 0 && { path: shownPath(path) }),
      file,
      ...(place && { line: place.line, column: place.column }),
    },
  })
}
