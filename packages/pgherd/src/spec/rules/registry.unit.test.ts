import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkSpec } from '../check.ts'
import { parseSpecValue } from '../parse.ts'
import { shownPath } from '../path.ts'
import { specSchema, type SpecInput } from '../schema.ts'
import { specRules } from './registry.ts'
import type { SpecRule } from './rule.ts'

function found(rule: SpecRule, spec: SpecInput): string[] {
  return [...rule.examine(specSchema.parse(spec))].map((finding) => shownPath(finding.path))
}

test('the registry is the folder, and each id is its file', () => {
  const files = readdirSync(import.meta.dirname)
    .filter(
      (name) =>
        name.endsWith('.ts') && !name.endsWith('.test.ts') && !['rule.ts', 'registry.ts'].includes(name),
    )
    .map((name) => name.replace(/\.ts$/, ''))
  expect(specRules.map(({ id }) => id).sort()).toEqual(files.sort())
})

describe.each(specRules.map((rule) => [rule.id, rule] as const))('%s', (_, rule) => {
  test('has nothing against its good example, and nor has any other rule', () => {
    expect(found(rule, rule.examples.good)).toEqual([])
    expect(checkSpec(specSchema.parse(rule.examples.good), 'good').map(({ detail }) => detail)).toEqual([])
  })

  test.each(rule.examples.bad.map(({ spec, at }) => [at, spec] as const))(
    'finds its bad example at %s',
    (at, spec) => {
      expect(found(rule, spec)).toContain(at)
    },
  )

  test('its findings have a detail and a mend, and refuse or warn through parseSpecValue', () => {
    for (const { spec, at } of rule.examples.bad) {
      const parsed = parseSpecValue(spec, 'bad.ts')
      const diagnostics = parsed.ok ? parsed.warnings : parsed.diagnostics
      const mine = diagnostics.find((diagnostic) => diagnostic.at.path === at)
      expect(mine, at).toBeDefined()
      expect(mine?.detail.length).toBeGreaterThan(20)
      expect(parsed.ok).toBe(diagnostics.every(({ severity }) => severity === 'warning'))
    }
  })
})

test('an edit that a rule proposes is accepted where it says', () => {
  const proposals = specRules.flatMap((rule) =>
    rule.examples.bad.flatMap(({ spec }) => {
      const findings = [...rule.examine(specSchema.parse(spec))]
      return findings.flatMap(({ mend }) => (mend.kind === 'edit' ? [{ rule, spec, mend }] : []))
    }),
  )
  expect(proposals.length).toBeGreaterThan(20)
  for (const { rule, mend } of proposals) expect(mend.to, `${rule.id}: ${mend.path}`).not.toBeUndefined()
})
