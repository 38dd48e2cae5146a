import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')

// TypeScript leaves `import('./x.ts')` alone inside a block that holds `using`: the build would look for a file it lacks
test('the build names built files only', () => {
  const out = mkdtempSync(join(tmpdir(), 'build-'))
  try {
    execFileSync(
      join(root, 'node_modules/.bin/tsc'),
      ['--project', 'packages/pgherd/tsconfig.build.json', '--outDir', out],
      { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
    )
    const scripts = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.js'),
    )
    const wrong = scripts.filter((name) =>
      /(?:from |import\(|import )\s*['"][^'"]+\.ts['"]/.test(readFileSync(join(out, name), 'utf8')),
    )
    expect(wrong).toEqual([])
    expect(scripts.length).toBeGreaterThan(300)
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
})
