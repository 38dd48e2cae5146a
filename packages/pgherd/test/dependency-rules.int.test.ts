import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')

interface Report {
  summary: { totalCruised: number; violations: { rule: { name: string }; from: string }[] }
}

function cruise(folder: string): Report['summary'] {
  const program = join(root, 'node_modules/.bin/depcruise')
  let output: string
  try {
    output = execFileSync(program, [folder, '--config', '.dependency-cruiser.js', '--output-type', 'json'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 2 ** 20,
    })
  } catch (error) {
    // dependency-cruiser exits with the number of violations; the report is still on standard output
    output = String((error as { stdout?: unknown }).stdout)
  }
  return (JSON.parse(output) as Report).summary
}

test('the rules find each known violation, so a silent pass is impossible', () => {
  const names = cruise('packages/pgherd/dependency-canary').violations.map(({ rule }) => rule.name)
  expect(names.sort()).toEqual([
    'library-imports-platform',
    'no-cycles',
    'plan-imports-upward',
    'pure-folder-has-effects',
    'siblings-are-strangers',
  ])
})

test.each([
  ['packages/pgherd/src', 100],
  ['packages/migrate/src', 50],
  ['packages/eventstore/src', 50],
  ['packages/bitemporal/src', 20],
])('%s follows the rules', (folder, atLeast) => {
  const { totalCruised, violations } = cruise(folder)
  expect(violations.map(({ rule, from }) => `${rule.name}: ${from}`)).toEqual([])
  expect(totalCruised).toBeGreaterThan(atLeast)
})
