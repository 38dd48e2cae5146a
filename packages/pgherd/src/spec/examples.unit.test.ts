import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parseSpec } from './parse.ts'

const root = resolve(import.meta.dirname, '../../../..')
const files = globSync('examples/*/pgherd.yaml', { cwd: root })

function exampleSpec(name: string) {
  const parsed = parseSpec(readFileSync(resolve(root, 'examples', name, 'pgherd.yaml'), 'utf8'), name)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics))
  return parsed.spec
}

test('there are examples', () => {
  expect(files).toEqual(
    expect.arrayContaining(['examples/quickstart/pgherd.yaml', 'examples/jeex/pgherd.yaml']),
  )
})

test.each(files)('%s has no findings, and editors find its schema', (file) => {
  const text = readFileSync(resolve(root, file), 'utf8')
  const parsed = parseSpec(text, file)
  expect(parsed.ok ? parsed.warnings : parsed.diagnostics).toEqual([])
  expect(parsed.ok).toBe(true)
  const schema = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? 'no modeline'
  expect(existsSync(resolve(root, dirname(file), schema)), schema).toBe(true)
})

test('the examples use ports of their own, so that they run side by side', () => {
  const ports = files.flatMap((file) => {
    const spec = exampleSpec(file.split('/')[1] ?? '')
    return [spec.postgres.port, spec.agent.port]
  })
  expect(new Set(ports).size).toBe(ports.length)
})

test('the quickstart is what the README promises', () => {
  const spec = exampleSpec('quickstart')
  expect(spec.postgres).toMatchObject({ version: 18, binaries: 'embedded', port: 5440 })
  expect(spec.agent.port).toBe(5210)
  expect(spec.databases['app']).toMatchObject({
    owner: 'app',
    extensions: ['pg_stat_statements', 'pg_trgm', 'pgcrypto'],
  })
  expect(Object.entries(spec.roles).map(([name, { access }]) => [name, access])).toEqual([
    ['app', 'owner'],
    ['reporting', 'readonly'],
    ['monitor', 'monitor'],
  ])
})

test('jeex keeps the promises of its guide', () => {
  const spec = exampleSpec('jeex')
  expect(spec.postgres).toMatchObject({
    version: 18,
    port: 5442,
    memory: 2 ** 30,
    storage: 'ssd',
    connections: 30,
  })
  expect(spec.databases['jeex_idea']?.extensions).toEqual([
    'uuid-ossp',
    'pg_stat_statements',
    'pg_trgm',
    'pgcrypto',
  ])
  const access = Object.fromEntries(Object.entries(spec.roles).map(([name, role]) => [name, role.access]))
  expect(access).toMatchObject({
    jeex_user: 'readwrite',
    jeex_admin: 'admin',
    jeex_readonly: 'readonly',
    jeex_monitor: 'monitor',
  })
  for (const [name, role] of Object.entries(spec.roles))
    expect(role.settings['idle_session_timeout'], name).toBe('15min')
  expect(spec.targets).toMatchObject({ p95: 0.1, p99: 0.5 })
  expect(spec.agent.port).toBe(5212)
})
