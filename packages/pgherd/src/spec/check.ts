import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { toDiagnostic, type SpecFinding } from './finding.ts'
import { formatPath } from './path.ts'
import { specRules } from './rules/registry.ts'
import type { Spec } from './schema.ts'

/** What the rules find in a complete spec; of several with one code at one place only the first. */
export function ruleFindings(spec: Spec): SpecFinding[] {
  const seen = new Set<string>()
  return specRules
    .flatMap((rule) => [...rule.examine(spec)])
    .filter(({ code, path }) => {
      const key = `${code} ${formatPath(path)}`
      if (seen.has(key)) return false
      seen.add(key)
      return true
    })
}

/**
 * Everything that the fields of a complete spec say against each other, errors and warnings.
 * For a spec that did not come out of `parseSpec`, such as one changed by code.
 */
export function checkSpec(spec: Spec, file: string): Diagnostic[] {
  return ruleFindings(spec).map((finding) => toDiagnostic(finding, file, undefined))
}
