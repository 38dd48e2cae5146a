import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')

/** What `npm run docs` says when nothing is written. */
function typedoc(cwd: string, ...args: readonly string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(
    process.execPath,
    [join(root, 'node_modules/typedoc/bin/typedoc'), '--emit', 'none', '--treatWarningsAsErrors', ...args],
    { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } },
  )
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, said }))
  })
}

test('every function and class that the libraries export is documented, and every type they name is exported', async () => {
  const { code, said } = await typedoc(root)
  expect(said).not.toMatch(/warning|error/i)
  expect(code).toBe(0)
})

// a run that looks at nothing is content as well
test('the same options find what is wrong in a package', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'docs-'))
  const { packageOptions } = JSON.parse(readFileSync(join(root, 'typedoc.json'), 'utf8')) as {
    packageOptions: Record<string, unknown>
  }
  const files = {
    'package.json': { name: 'canary', version: '1.0.0' },
    'tsconfig.build.json': { compilerOptions: { module: 'nodenext', types: [] }, include: ['src'] },
    'options.json': { ...packageOptions, readme: 'none' },
  }
  for (const [name, value] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(value))
  mkdirSync(join(folder, 'src'))
  writeFileSync(
    join(folder, 'src/index.ts'),
    `interface Hidden { a: string }
     /** As {@link Nowhere}. */
     export function told(): Hidden { return { a: '' } }
     export function bare(): void {}`,
  )
  const { code, said } = await typedoc(folder, '--options', join(folder, 'options.json'))
  rmSync(folder, { recursive: true })
  expect(code).not.toBe(0)
  expect(said).toMatch(/Hidden, .* but not included/)
  expect(said).toMatch(/bare \(CallSignature\), .* does not have any documentation/)
  expect(said).toContain('Failed to resolve link to "Nowhere"')
})
