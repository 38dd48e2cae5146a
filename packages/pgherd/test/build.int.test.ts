import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'

const dist = join(import.meta.dirname, '../dist')
const scripts = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.js'),
)

// TypeScript leaves `import('./x.ts')` alone inside a block that holds `using`, and so could a bundler
test('the build names files that are there only', () => {
  const named = scripts.flatMap((name) =>
    ts
      .preProcessFile(readFileSync(join(dist, name), 'utf8'))
      .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
      .map(({ fileName }) => join(dist, dirname(name), fileName)),
  )
  expect(named.length).toBeGreaterThan(100)
  expect(named.filter((path) => !existsSync(path))).toEqual([])
})

test('every program that is started by its path is built', () => {
  const started = ['bin', 'src'].flatMap((directory) =>
    readdirSync(join(dist, '..', directory), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.[jt]s$/.test(name) && !name.includes('.test.'))
      .flatMap((name) => {
        const text = readFileSync(join(dist, '..', directory, name), 'utf8')
        return [...text.matchAll(/\b(?:processScript|load)\('([^']+\/?[^']+)'\)/g)].map(([, to]) => to)
      }),
  )
  expect(started).toEqual(expect.arrayContaining(['main', 'agent/run-agent', 'hosts/local/supervisor/main']))
  expect(started.filter((name) => !existsSync(join(dist, `${name}.js`)))).toEqual([])
})

test('what a command loads at its start holds neither the library of migrations nor its grammar', () => {
  const reached = new Set<string>()
  const visit = (path: string) => {
    if (reached.has(path)) return
    reached.add(path)
    // imports at the top of a file alone: those inside functions are not loaded yet
    for (const [, to = ''] of readFileSync(path, 'utf8').matchAll(/^import [^;]*?from "(\.[^"]+)";/gm))
      visit(join(dirname(path), to))
  }
  visit(join(dist, 'main.js'))
  const text = [...reached].map((path) => readFileSync(path, 'utf8')).join('\n')
  expect(text).toContain('MIGRATE_CHECKSUM_CHANGED')
  expect(text).not.toContain('pg_try_advisory_lock')
  expect(scripts.some((name) => readFileSync(join(dist, name), 'utf8').includes('libpg-query'))).toBe(true)
  expect(text).not.toContain('libpg-query')
})
