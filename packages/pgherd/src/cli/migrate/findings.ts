import { DiagnosticError, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import { MigrateError, type Diagnostic as Finding } from './library.ts'

/** What the library says to a program, in words of the command line. */
const words: readonly (readonly [RegExp, string])[] = [
  [/repair with \{ kind: '([a-z-]+)', version: '(\d+)' \}/g, 'pgherd migrate repair $1 $2'],
  [/repair with \{ kind: '([a-z-]+)' \}/g, 'pgherd migrate repair $1'],
  [/\{ outOfOrder: 'run' \}/g, '--out-of-order'],
  [/\{ ahead: 'allow' \}/g, '--ahead'],
  [/\{ gaps: 'allow' \}/g, '--gaps'],
  [/\{ ignoreSchemas \}/g, '--ignore-schema'],
]

/** A finding of the library as one of the platform. */
export function shown({ code, severity, summary, detail, mend: { text }, at }: Finding): Diagnostic {
  const said = words.reduce((now, [pattern, by]) => now.replaceAll(pattern, by), text)
  const { file, line, column } = at
  return {
    code,
    severity,
    summary,
    detail,
    mend: mend.advice(said),
    at: {
      ...(file !== undefined && { file }),
      ...(line !== undefined && { line }),
      ...(column !== undefined && { column }),
    },
  }
}

/** Runs work of the library; its errors become those of the command line. */
export async function asFindings<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof MigrateError)) throw error
    throw new DiagnosticError(error.diagnostics.map(shown), { cause: error })
  }
}
