import { diagnose, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Comment } from '../grammar/statements.ts'
import { rules } from './rules/registry.ts'
import type { RuleCode } from './rules/rule.ts'

/** A comment that allows what a rule finds in the statement below it, or beside it. */
export interface Suppression {
  readonly code: RuleCode
  readonly reason: string
  /** Of the text, from 1. */
  readonly line: number
}

export interface Suppressions {
  readonly valid: readonly Suppression[]
  readonly findings: readonly Diagnostic[]
}

/**
 * Reads `-- pgherd: allow MIG04 because the release before no longer reads it`. The reason is part of it: who comes later
 * must be able to judge whether it still holds.
 */
export function suppressionsIn(comments: readonly Comment[], file: string, firstLine: number): Suppressions {
  const valid: Suppression[] = []
  const findings: Diagnostic[] = []
  for (const { text, line } of comments) {
    const words = text
      .replace(/^--|^\/\*|\*\/$/g, '')
      .trim()
      .split(/\s+/)
    if (words[0] !== 'pgherd:' || words[1] !== 'allow') continue
    const code = rules.find((rule) => rule.code === words[2])?.code
    const reason = words.slice(4).join(' ')
    if (code !== undefined && words[3] === 'because' && reason !== '') valid.push({ code, reason, line })
    else
      findings.push(
        diagnose('MIGRATE_ALLOW_INVALID', {
          detail: `"${words.join(' ')}" allows nothing: ${code === undefined ? `${words[2] ?? 'nothing'} is no rule` : 'a reason is missing'}`,
          mend: 'write: -- pgherd: allow MIG04 because the release before no longer reads the column',
          at: { file, line: line + firstLine - 1 },
        }),
      )
  }
  return { valid, findings }
}

/** The suppression for a finding of a rule in a statement that stands on lines `from` to `to`, behind one that ends on line `after`. */
export function suppressionFor(
  suppressions: readonly Suppression[],
  code: string,
  place: { readonly after: number; readonly to: number },
): Suppression | undefined {
  return suppressions.find((each) => each.code === code && each.line > place.after && each.line <= place.to)
}
