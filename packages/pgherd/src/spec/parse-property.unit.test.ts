import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { z } from 'zod'
import { codes } from '../diagnostic/codes.ts'
import { parseSpec, parseSpecValue, type ParsedSpec } from './parse.ts'
import { formatPath, parsePath } from './path.ts'
import { withValueAt } from './plain-edit.ts'
import { specSchema } from './schema.ts'

/** Whatever came in: a complete spec, or findings a person can act on; never anything between. */
function whole(parsed: ParsedSpec): void {
  if (parsed.ok) {
    // Every field is there but one that is optional and was left out, which stands for "none".
    const expected = Object.entries(specSchema.shape)
      .filter(([key, field]) => !(field instanceof z.ZodOptional) || Object.hasOwn(parsed.spec, key))
      .map(([key]) => key)
    expect(Object.keys(parsed.spec).sort()).toEqual(expected.sort())
    expect(parsed.warnings.every(({ severity }) => severity === 'warning')).toBe(true)
    return
  }
  expect(parsed.diagnostics.some(({ severity }) => severity === 'error')).toBe(true)
  expect(parsed).not.toHaveProperty('spec')
  for (const { code, detail, mend, at } of parsed.diagnostics) {
    expect(codes).toHaveProperty(code)
    expect(detail).not.toBe('')
    expect(detail).not.toMatch(/undefined|\[object|NaN/)
    // Nothing in a message can move a cursor or reorder text.
    expect(detail + (at.path ?? '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
    if (mend.kind === 'advice') expect(mend.text).not.toBe('')
    if (mend.kind === 'run') expect(mend.argv.length).toBeGreaterThan(0)
    if (mend.kind === 'edit') {
      expect(parsePath(mend.path)).toBeDefined()
      expect(mend.to).not.toBeUndefined()
    }
    expect(at.line === undefined || (at.line >= 1 && (at.column ?? 0) >= 1)).toBe(true)
  }
}

const valid = {
  name: 'shop',
  postgres: {
    version: 18,
    port: 5440,
    listen: ['*'],
    memory: '1GB',
    settings: { work_mem: '8MB', jit: false },
  },
  databases: {
    shop: { owner: 'shop', extensions: ['pg_trgm'], schemas: ['sales'], connectionLimit: 20 },
    audit: { owner: 'shop' },
  },
  roles: {
    shop: { access: 'owner', password: { env: 'SHOP' } },
    reader: { access: 'readonly', databases: ['shop'], validUntil: '2030-01-01T00:00:00Z' },
    monitor: { access: 'monitor', settings: { idle_session_timeout: '15min' } },
  },
  tls: { hosts: ['db.example.org'], lifetime: '60d' },
  network: { access: [{ from: ['10.0.0.0/8'], roles: ['reader'], databases: ['shop'] }] },
  backups: {
    repository: '/srv/backups',
    proof: { checks: [{ name: 'c', database: 'shop', sql: 'select true', expect: 1 }] },
    encryption: { key: { file: 'key' } },
  },
  agent: { port: 5211, token: { generated: true } },
}

/** Every path of the valid spec, down to its leaves. */
function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return [
    ...(path.length > 0 ? [path] : []),
    ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key])),
  ]
}

const anything = fc.anything({
  maxDepth: 4,
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSparseArray: true,
  withTypedArray: true,
})
const plain = fc.jsonValue({ maxDepth: 4, noUnicodeString: false })
const paths = fc.constantFrom(...pathsOf(valid))

test('the spec that is mutated below is itself accepted', () => {
  const parsed = parseSpecValue(valid, 'f')
  expect(parsed.ok ? parsed.warnings : parsed.diagnostics).toEqual([])
})

test('any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => whole(parseSpec(text, 'f'))),
    { numRuns: 500 },
  )
})

test('any text made of what YAML is made of', () => {
  const token = fc.constantFrom(
    'name',
    ': ',
    '- ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    ',',
    '&a ',
    '*a',
    '!x ',
    '|',
    '>',
    '"',
    "'",
    '#',
    '---',
    '%',
    '?',
    '\t',
    'roles',
    'password',
    'x',
    '<<',
    '~',
    '5',
    '\r\n',
    '\ufeff',
    '__proto__',
  )
  fc.assert(
    fc.property(fc.array(token, { maxLength: 40 }), (tokens) => whole(parseSpec(tokens.join(''), 'f'))),
    { numRuns: 1500 },
  )
})

test('any value', () => {
  fc.assert(
    fc.property(anything, (value) => whole(parseSpecValue(value, 'f'))),
    { numRuns: 500 },
  )
})

test('any value below a key of the spec, as YAML and as an object', () => {
  fc.assert(
    fc.property(paths, plain, (path, value) => {
      const spec = withValueAt(valid, path, value)
      whole(parseSpecValue(spec, 'f'))
      whole(parseSpec(stringify(spec), 'f'))
    }),
    { numRuns: 200 },
  )
})

test('a valid spec with a key taken out, renamed or added', () => {
  fc.assert(
    fc.property(paths, fc.string({ unit: 'binary', maxLength: 20 }), plain, (path, key, value) => {
      whole(parseSpecValue(withValueAt(valid, path, undefined), 'f'))
      whole(
        parseSpecValue(
          withValueAt(withValueAt(valid, path, undefined), [...path.slice(0, -1), key], value),
          'f',
        ),
      )
    }),
    { numRuns: 150 },
  )
})

test('a valid YAML file with a piece cut out or put in', () => {
  const text = stringify(valid)
  fc.assert(
    fc.property(fc.nat(text.length), fc.nat(40), fc.string({ maxLength: 8 }), (at, length, insert) =>
      whole(parseSpec(text.slice(0, at) + insert + text.slice(at + length), 'f')),
    ),
    { numRuns: 250 },
  )
})

test('any names for database, role and setting: accepted as they are, or refused', () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 70 }),
    fc.constantFrom("'; DROP TABLE x; --", '"', '\\', '$1', 'a\0b', 'x'.repeat(63), 'é'.repeat(32)),
  )
  fc.assert(
    fc.property(name, name, (database, role) => {
      const parsed = parseSpecValue(
        { name: 'a', databases: { [database]: { owner: role } }, roles: { [role]: { access: 'owner' } } },
        'f',
      )
      whole(parsed)
      if (!parsed.ok) return
      expect(Object.entries(parsed.spec.databases).map(([key, { owner }]) => [key, owner])).toEqual([
        [database, role],
      ])
      expect(new TextEncoder().encode(role).length).toBeLessThanOrEqual(63)
    }),
    { numRuns: 250 },
  )
})

test('a spec is the same from YAML and from an object, and its defaults are stable', () => {
  const fromObject = parseSpecValue(valid, 'f')
  const fromYaml = parseSpec(stringify(valid), 'f')
  expect(fromYaml).toEqual(fromObject)
  const minimal = parseSpecValue({ name: 'a' }, 'f')
  const explicit = parseSpecValue(
    {
      name: 'a',
      postgres: {},
      databases: {},
      roles: {},
      tls: {},
      network: {},
      backups: {},
      agent: {},
      alerts: {},
      targets: {},
      topology: {},
      routing: {},
      pooler: {},
      drills: {},
    },
    'f',
  )
  expect(explicit).toEqual(minimal)
})

test('an edit that is proposed for one fault makes that fault go away', () => {
  const faults: [string[], unknown][] = [
    [['postgres', 'port'], 70_000],
    [['postgres', 'version'], '18'],
    [['postgres', 'listen'], '*'],
    [['network', 'access', '0', 'from', '0'], '10.1.2.3'],
    [['name'], 'My Shop!'],
    [['tls', 'lifetime'], '10d'],
    [['databases', 'shop', 'connectionLimit'], 0],
    [['roles', 'reader', 'access'], 'readony'],
    [['roles', 'shop', 'access'], 'readwrite'],
    [['agent', 'port'], 5440],
    [['agent', 'listen'], '0.0.0.0'],
    [['network', 'access', '0', 'roles', '0'], 'raeder'],
  ]
  for (const [path, bad] of faults) {
    const spec = withValueAt(valid, path, bad)
    const before = parseSpecValue(spec, 'f')
    if (before.ok) throw new Error(`${formatPath(path)} accepted`)
    const mend = before.diagnostics[0]?.mend
    if (mend?.kind !== 'edit') throw new Error(`${formatPath(path)}: no edit proposed`)
    expect(
      parseSpecValue(withValueAt(spec, parsePath(mend.path) ?? [], mend.to), 'f').ok,
      formatPath(path),
    ).toBe(true)
  }
})
