import { expect, test } from 'vitest'
import { parseSpec } from './parse.ts'
import { specTemplate } from './template.ts'

test.each([
  { name: 'shop' },
  { name: 'on', database: 'true', port: 5440, agentPort: 5211 },
  {
    name: 'shop',
    version: 16 as const,
    binaries: 'system' as const,
    schema: './node_modules/pgherd/schema/pgherd.schema.json',
  },
])('the starter spec for %j is accepted without findings and says what was asked', (answers) => {
  const parsed = parseSpec(specTemplate(answers), 'pgherd.yaml')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics))
  expect(parsed.warnings).toEqual([])
  expect(parsed.spec.name).toBe(answers.name)
  expect(parsed.spec.postgres.port).toBe(answers.port ?? 5432)
  expect(parsed.spec.agent.port).toBe(answers.agentPort ?? 5210)
  expect(parsed.spec.postgres.version).toBe(answers.version ?? 18)
  expect(Object.keys(parsed.spec.databases)).toEqual([answers.database ?? 'app'])
})

test('a hostile answer stays data', () => {
  const parsed = parseSpec(
    specTemplate({ name: 'shop', database: 'x:\n  owner: y #', schema: 'a\nname: evil' }),
    'pgherd.yaml',
  )
  if (parsed.ok) throw new Error('a line break in a database name was accepted')
  expect(parsed.diagnostics.map(({ code, at }) => [code, at.path])).toEqual([
    ['SPEC_NAME', 'databases."x:\\u{a}  owner: y #"'],
  ])
})

test('the commented-out example of network access can be switched on', () => {
  const text = specTemplate({ name: 'shop' })
    .replace('postgres:\n', "postgres:\n  listen: ['*']\n")
    .replace(
      '# network:\n#   access:\n#     - from: [10.0.0.0/8]\n#       roles: [app]\n',
      'network:\n  access:\n    - from: [10.0.0.0/8]\n      roles: [app]\n',
    )
  const parsed = parseSpec(text, 'pgherd.yaml')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics))
  expect(parsed.spec.network.access).toEqual([{ from: ['10.0.0.0/8'], roles: ['app'] }])
  expect(parsed.warnings).toEqual([])
})

test('the commented-out example of a cluster can be switched on', () => {
  const text = specTemplate({ name: 'shop', binaries: 'system' }).replace('# topology:', 'topology:')
  const parsed = parseSpec(text, 'pgherd.yaml')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics))
  expect(parsed.spec.topology.members).toBe(3)
  expect(parsed.warnings).toEqual([])
})
