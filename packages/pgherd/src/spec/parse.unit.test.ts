import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { defineDatabase } from './define.ts'
import { parseSpec, parseSpecValue, type ParsedSpec } from './parse.ts'

function diagnosticsOf(parsed: ParsedSpec): readonly Diagnostic[] {
  if (parsed.ok) throw new Error('accepted')
  return parsed.diagnostics
}

function codesOf(parsed: ParsedSpec): string[] {
  return diagnosticsOf(parsed).map(({ code, at }) => `${code} ${at.path ?? ''}`.trim())
}

test('a name is enough; everything else has its default', () => {
  const parsed = parseSpec('name: shop', 'pgherd.yaml')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics))
  expect(parsed.warnings).toEqual([])
  expect(parsed.spec).toMatchObject({
    name: 'shop',
    target: 'local',
    postgres: {
      version: 18,
      binaries: 'embedded',
      port: 5432,
      listen: ['127.0.0.1'],
      connections: 60,
      settings: {},
    },
    databases: {},
    roles: {},
    tls: { lifetime: 90 * 86_400, renewBefore: 30 * 86_400 },
    backups: {
      retention: { full: 7, window: 7 * 86_400 },
      objectives: { rpo: 60, rto: 3600 },
      encryption: { key: { generated: true } },
    },
    agent: { listen: '127.0.0.1', port: 5210 },
  })
})

test('values arrive in seconds, bytes and the text PostgreSQL reads', () => {
  const text =
    'name: a\npostgres: {memory: 2GB, settings: {jit: false, work_mem: 8MB, random_page_cost: 1.1}}\ntls: {lifetime: 10d, renewBefore: 36h}\n'
  const parsed = parseSpec(text, 'f')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics))
  expect(parsed.spec.postgres.memory).toBe(2 ** 31)
  expect(parsed.spec.postgres.settings).toEqual({ jit: 'off', work_mem: '8MB', random_page_cost: '1.1' })
  expect(parsed.spec.tls.renewBefore).toBe(129_600)
})

test('JSON, CRLF and a byte order mark are read', () => {
  expect(parseSpec('{"name": "shop"}', 'f').ok).toBe(true)
  expect(parseSpec('name: shop\r\nroles:\r\n  m: {access: monitor}\r\n', 'f').ok).toBe(true)
  expect(parseSpec('\ufeffname: shop\n', 'f').ok).toBe(true)
})

test('schema and rule findings come together, in the order of the file, with line and column', () => {
  const text = [
    'name: shop',
    'postgres:',
    '  prot: 5',
    '  version: 16',
    'databases:',
    '  app: {owner: nobody}',
    'agent:',
    '    port: high',
  ].join('\n')
  const parsed = parseSpec(text, 'x/pgherd.yaml')
  expect(diagnosticsOf(parsed).map(({ code, at }) => [code, at.path, at.line, at.column])).toEqual([
    ['SPEC_UNKNOWN_KEY', 'postgres.prot', 3, 3],
    ['SPEC_CONTRADICTION', 'postgres.version', 4, 3],
    ['SPEC_UNDECLARED', 'databases.app.owner', 6, 9],
    ['SPEC_INVALID', 'agent.port', 8, 5],
  ])
  expect(diagnosticsOf(parsed).every(({ at }) => at.file === 'x/pgherd.yaml')).toBe(true)
})

test('what rests on a faulty part is held back', () => {
  const text =
    'name: a\ndatabases: {d: {owner: app}}\nroles:\n  app: {access: ownr}\n  r: {access: readonly, databases: [d]}\n'
  expect(codesOf(parseSpec(text, 'f'))).toEqual(['SPEC_INVALID roles.app.access'])
  expect(
    codesOf(parseSpec('name: a\ndatabases: {d: {owner: app}}\nrole: {app: {access: owner}}\n', 'f')),
  ).toEqual(['SPEC_UNKNOWN_KEY role'])
})

test('after a syntax error only what stands whole before it is told', () => {
  const text =
    'name: a\nagent: {prt: 1}\nroles: {pg_x: {access: monitor}, r: {access: readonly}}\npostgres: port: 5\nrolles: {}\n'
  expect(diagnosticsOf(parseSpec(text, 'f')).map(({ code, at }) => [code, at.line])).toEqual([
    ['SPEC_UNKNOWN_KEY', 2],
    ['SPEC_NAME', 3],
    ['SPEC_SYNTAX', 4],
  ])
})

describe('secrets', () => {
  const hidden = 'hunter2-Äpfel'
  const places = [
    `roles: {m: {access: monitor, password: ${hidden}}}`,
    `roles: {m: {access: monitor, password: "${hidden}"}}`,
    `roles: {m: {access: monitor, password: [${hidden}]}}`,
    `roles: {m: {access: monitor, password: {value: ${hidden}}}}`,
    `roles: {m: {access: monitor, password: {${hidden}}}}`,
    `roles: {m: {access: monitor, password: {generated: ${hidden}}}}`,
    `roles: {m: {access: monitor, password: {env: ${hidden}}}}`,
    `roles: {m: {access: monitor, password: {generated: true, env: ${hidden}}}}`,
    `roles: {m: {access: monitor, password: *${hidden}}}`,
    `roles: {m: {access: monitor, password: !${hidden} x}}`,
    `roles: {m: {access: monitor, password: "\\q${hidden}"}}`,
    `roles: {m: {access: monitor, password: "${hidden}`,
    `roles:\n  m:\n    password:${hidden}\n    access: monitor`,
    `roles:\n  m:\n    access: monitor\n    password:${hidden}`,
    `roles: {m: ${hidden}}`,
    `backups: {encryption: ${hidden}}`,
    `backups: {encryption: {key: ${hidden}}}`,
    `agent: {token: ${hidden}}`,
    `agent: {token: @${hidden}}`,
    `agent: ${hidden}`,
  ]
  test.each(places)('%s is refused without repeating it', (text) => {
    const parsed = parseSpec(`name: a\n${text}\n`, 'f')
    expect(diagnosticsOf(parsed).length).toBeGreaterThan(0)
    expect(JSON.stringify(parsed)).not.toContain('hunter2')
  })

  test('a plain password is told how to be a reference', () => {
    const [first] = diagnosticsOf(parseSpec('name: a\nroles: {m: {access: monitor, password: hunter2}}', 'f'))
    expect(first).toMatchObject({
      code: 'SPEC_SECRET',
      at: { path: 'roles.m.password', line: 2, column: 30 },
    })
    expect(JSON.stringify(first?.mend)).toMatch(/generated: true.*env: .*file: /)
  })
})

describe('hostile YAML', () => {
  test('an alias bomb is refused before it goes off', () => {
    const levels = Array.from(
      { length: 30 },
      (_, level) =>
        `a${String(level)}: &a${String(level)} [${Array(9)
          .fill(level === 0 ? 'x' : `*a${String(level - 1)}`)
          .join(', ')}]`,
    )
    const parsed = parseSpec(['name: a', ...levels].join('\n'), 'f')
    expect(diagnosticsOf(parsed).some(({ code }) => code === 'SPEC_TOO_LARGE')).toBe(true)
  })

  test('an anchor that contains itself is refused', () => {
    expect(codesOf(parseSpec('name: a\nroles: &r {m: *r}', 'f'))).toEqual(['SPEC_SYNTAX roles.m'])
  })

  test('aliases are fine in moderation, and keep the meaning of their place', () => {
    const parsed = parseSpec(
      'name: a\nroles:\n  x: &m {access: &k monitor}\n  y: *m\n  z: {access: &k admin}\n  w: *m\n  v: {access: *k}\n',
      'f',
    )
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics))
    expect(Object.entries(parsed.spec.roles).map(([name, { access }]) => `${name} ${access}`)).toEqual([
      'x monitor',
      'y monitor',
      'z admin',
      'w monitor',
      'v admin',
    ])
  })

  test.each([
    ['nothing', ''],
    ['comments', '# a\n\n  # b\n'],
    ['tabs', '\t\t\n'],
    ['a list', '- name: a'],
    ['a word', 'shop'],
    ['null', 'null'],
    ['two documents', 'name: a\n---\nname: b\n'],
    ['a NUL', 'name: a\0b'],
    ['an ELF header', '\u007fELF\u0002\u0001\u0001'],
    ['deep brackets', '['.repeat(5000)],
    ['deep levels', Array.from({ length: 200 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['a tab as indentation', 'name: a\npostgres:\n\tport: 1\n'],
    ['more than a mebibyte', `name: a\n#${'x'.repeat(2 ** 20)}`],
    ['a tag', 'name: !!binary aGk='],
    ['an old date', '%YAML 1.1\n---\nname: 2020-01-01\n'],
  ])('%s is refused with a finding of its own', (_, text) => {
    const diagnostics = diagnosticsOf(parseSpec(text, 'f'))
    expect(diagnostics.length).toBeLessThan(10)
    for (const { detail, mend, at } of diagnostics) {
      expect(detail.length).toBeGreaterThan(10)
      expect(mend.kind).not.toBe('')
      expect(at.file).toBe('f')
    }
  })

  test('ten thousand faults are counted, not printed', () => {
    const text = `name: a\n${Array.from({ length: 10_000 }, (_, index) => `k${String(index)}: 1`).join('\n')}`
    const diagnostics = diagnosticsOf(parseSpec(text, 'f'))
    expect(diagnostics).toHaveLength(201)
    expect(diagnostics.at(-1)?.detail).toBe('9800 more findings are not shown')
  })

  test.each(['__proto__', 'constructor', 'toString'])(
    'a role named %s does not become something else',
    (name) => {
      const parsed = parseSpec(`name: a\nroles: {${name}: {access: monitor}}\n`, 'f')
      if (name === '__proto__') expect(codesOf(parsed)).toEqual(['SPEC_NAME roles.__proto__'])
      else expect(parsed.ok && Object.keys(parsed.spec.roles)).toEqual([name])
      expect(({} as Record<string, unknown>)['access']).toBeUndefined()
    },
  )
})

describe('names are data', () => {
  test.each([
    "o'brien",
    'a"b',
    '$$;DROP DATABASE x;--',
    'Ünïcode 名前',
    'a b',
    '${x}',
    '{{secret:x}}',
    '-rf',
    '%s',
    'é'.repeat(31),
  ])('%s is a name', (name) => {
    const parsed = parseSpecValue(
      { name: 'a', databases: { [name]: { owner: name } }, roles: { [name]: { access: 'owner' } } },
      'f',
    )
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics))
    expect(parsed.spec.databases[name]?.owner).toBe(name)
  })

  test('64 bytes are one too many, counted in UTF-8', () => {
    const role = (name: string) =>
      parseSpecValue({ name: 'a', roles: { [name]: { access: 'monitor' } } }, 'f')
    expect(role('a'.repeat(63)).ok).toBe(true)
    expect(diagnosticsOf(role('a'.repeat(64)))[0]?.detail).toContain('64 bytes')
    expect(diagnosticsOf(role('名'.repeat(22)))[0]?.detail).toContain('66 bytes')
  })
})

describe('specs built by code', () => {
  test('the same findings, without lines', () => {
    const spec = defineDatabase({ name: 'a', postgres: { version: 15 } })
    const [first] = diagnosticsOf(parseSpecValue(spec, 'pgherd.ts'))
    expect(first).toMatchObject({
      code: 'SPEC_CONTRADICTION',
      at: { path: 'postgres.version', file: 'pgherd.ts' },
    })
    expect(first?.at.line).toBeUndefined()
  })

  test('undefined is left out', () => {
    expect(parseSpecValue({ name: 'a', postgres: { memory: undefined }, roles: undefined }, 'f').ok).toBe(
      true,
    )
  })

  test.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['a function', () => () => 1],
    ['a promise', () => Promise.resolve({ name: 'a' })],
    ['a symbol', () => ({ name: Symbol('a') })],
    ['a bigint', () => ({ name: 'a', postgres: { port: 5432n } })],
    ['NaN', () => ({ name: 'a', postgres: { port: Number.NaN } })],
    ['a date', () => ({ name: 'a', roles: { m: { access: 'monitor', validUntil: new Date(0) } } })],
    ['a class', () => ({ name: 'a', roles: new Map([['m', 1]]) })],
    [
      'a throwing getter',
      () =>
        Object.defineProperty({}, 'name', {
          enumerable: true,
          get: () => {
            throw new Error('hunter2')
          },
        }),
    ],
    [
      'a hostile proxy',
      () =>
        new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error('hunter2')
            },
          },
        ),
    ],
    ['a sparse list', () => ({ name: 'a', postgres: { listen: new Array(3) } })],
  ])('%s is refused, not thrown', (_, make) => {
    const parsed = parseSpecValue(make(), 'f')
    expect(diagnosticsOf(parsed).length).toBeGreaterThan(0)
    expect(JSON.stringify(parsed)).not.toContain('hunter2')
  })

  test('an object that contains itself is refused', () => {
    const role: Record<string, unknown> = { access: 'monitor' }
    role['settings'] = { self: role }
    expect(codesOf(parseSpecValue({ name: 'a', roles: { m: role } }, 'f'))).toContainEqual(
      expect.stringContaining('SPEC_TOO_LARGE'),
    )
  })

  test('the object itself is not changed', () => {
    const spec = Object.freeze({
      name: 'a',
      foo: 1,
      roles: Object.freeze({ m: Object.freeze({ access: 'x' }) }),
    })
    diagnosticsOf(parseSpecValue(spec, 'f'))
    expect(spec).toEqual({ name: 'a', foo: 1, roles: { m: { access: 'x' } } })
  })
})
