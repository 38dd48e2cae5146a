import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Diagnostic, Mend } from '../diagnostic/diagnostic.ts'
import { parseSpec } from './parse.ts'

/**
 * Each testdata/<case>.yaml is a spec; <case>.expected is what is said about it. To add a case, add
 * the .yaml, run `vitest run packages/pgherd/src/spec/golden -u`, and read what it wrote.
 */
const folder = join(import.meta.dirname, 'testdata')

function mendText(mend: Mend): string {
  if (mend.kind === 'run') return `run ${mend.argv.join(' ')}`
  if (mend.kind === 'edit') return `write ${mend.path}: ${JSON.stringify(mend.to)}`
  return mend.text
}

function textOf({ code, severity, detail, mend, at }: Diagnostic): string {
  const place = `${at.file ?? ''}:${String(at.line ?? '-')}:${String(at.column ?? '-')}`
  return `${place} ${severity} ${code} ${at.path ?? ''}`.trimEnd() + `\n  ${detail}\n  -> ${mendText(mend)}\n`
}

const inputs = readdirSync(folder).filter((name) => name.endsWith('.yaml'))

test('every case has its expectation and every expectation its case', () => {
  expect(inputs.length).toBeGreaterThan(10)
  const expectations = readdirSync(folder).filter((name) => name.endsWith('.expected'))
  expect(expectations.sort()).toEqual(inputs.map((name) => name.replace('.yaml', '.expected')).sort())
})

describe.each(inputs)('%s', (name) => {
  const text = readFileSync(join(folder, name), 'utf8')
  const parsed = parseSpec(text, name)
  const said = (parsed.ok ? parsed.warnings : parsed.diagnostics).map(textOf).join('')

  test('is judged as expected', async () => {
    await expect(said).toMatchFileSnapshot(join(folder, name.replace('.yaml', '.expected')))
  })

  test('is judged without repeating a secret', () => {
    expect(said).not.toContain('hunter2')
  })
})
