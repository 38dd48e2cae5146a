import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { editSpec } from './edit.ts'
import { withValueAt } from './plain-edit.ts'
import { readYaml } from './yaml-tree.ts'

const text = `# top
name: a # the name

roles:
  # the app
  app: {access: owner, settings: {work_mem: 8MB}} # keep
  reporting:
    access: "readonly"   # reads
    databases:
      - app
      # more
      - other

databases:
  app:
    owner: app
    extensions: [pg_trgm]
backups:
# end
`

/** Lines that are in one text and not in the other. */
function changed(before: string, after: string): { gone: string[]; come: string[] } {
  const [a, b] = [before.split('\n'), after.split('\n')]
  return { gone: a.filter((line) => !b.includes(line)), come: b.filter((line) => !a.includes(line)) }
}

describe('only the lines of the value change', () => {
  test.each<[string, string[], unknown, string[], string[]]>([
    ['text', ['name'], 'b', ['name: a # the name'], ['name: b # the name']],
    [
      'quoted text',
      ['roles', 'reporting', 'access'],
      'admin',
      ['    access: "readonly"   # reads'],
      ['    access: admin   # reads'],
    ],
    [
      'a value between brackets',
      ['roles', 'app', 'settings', 'work_mem'],
      'a, b',
      ['  app: {access: owner, settings: {work_mem: 8MB}} # keep'],
      ['  app: {access: owner, settings: {work_mem: "a, b"}} # keep'],
    ],
    [
      'a new key between brackets',
      ['roles', 'app', 'connectionLimit'],
      5,
      ['  app: {access: owner, settings: {work_mem: 8MB}} # keep'],
      ['  app: {access: owner, settings: {work_mem: 8MB}, connectionLimit: 5} # keep'],
    ],
    [
      'a list between brackets',
      ['databases', 'app', 'extensions'],
      ['x', 'y'],
      ['    extensions: [pg_trgm]'],
      ['    extensions: [x, y]'],
    ],
    ['a list of lines', ['roles', 'reporting', 'databases'], ['app'], ['      # more', '      - other'], []],
    [
      'an item at the end of a list',
      ['roles', 'reporting', 'databases', '2'],
      'third',
      [],
      ['      - third'],
    ],
    ['a new entry', ['roles', 'on'], { access: 'monitor' }, [], ['  on:', '    access: monitor']],
    ['a new section', ['agent', 'port'], 5, [], ['agent:', '  port: 5']],
    ['an empty section', ['backups', 'retention', 'full'], 3, [], ['  retention:', '    full: 3']],
    [
      'an entry taken out',
      ['roles', 'reporting'],
      undefined,
      [
        '  reporting:',
        '    access: "readonly"   # reads',
        '    databases:',
        '      - app',
        '      # more',
        '      - other',
      ],
      [],
    ],
    [
      'a mapping with one difference',
      ['databases', 'app'],
      { owner: 'app', extensions: ['pg_trgm'], schemas: ['s'] },
      [],
      ['    schemas: [s]'],
    ],
  ])('%s', (_, path, value, gone, come) => {
    const after = editSpec(text, path, value)
    expect(changed(text, after)).toEqual({ gone, come })
    expect(readYaml(after).value).toEqual(withValueAt(readYaml(text).value, path, value))
  })
})

test('nothing changes when the value is already there', () => {
  expect(editSpec(text, ['roles', 'app', 'access'], 'owner')).toBe(text)
  expect(editSpec(text, ['roles', 'nobody'], undefined)).toBe(text)
})

test('an empty file and one without a last line break take a value', () => {
  expect(editSpec('', ['name'], 'a')).toBe('name: a\n')
  expect(editSpec('name: a', ['agent', 'port'], 5)).toBe('name: a\nagent:\n  port: 5')
})

test('comments survive even where the layout does not', () => {
  const after = editSpec(
    'roles: # people\n  a: {access: admin, databases: [d]} # a\n',
    ['roles', 'a', 'databases'],
    undefined,
  )
  expect(after).toContain('# people')
  expect(after).toContain('# a')
  expect(parse(after)).toEqual({ roles: { a: { access: 'admin' } } })
})

test('a broken file is not edited', () => {
  expect(() => editSpec('a: b: c', ['a'], 1)).toThrow(DiagnosticError)
})

test('what an alias repeats is not changed behind its back', () => {
  const shared = 'roles:\n  a: &x {access: admin}\n  b: *x\n'
  let after: string | undefined
  try {
    after = editSpec(shared, ['roles', 'a', 'access'], 'monitor')
  } catch (error) {
    expect(error).toBeInstanceOf(DiagnosticError)
  }
  if (after !== undefined)
    expect(readYaml(after).value).toEqual({ roles: { a: { access: 'monitor' }, b: { access: 'admin' } } })
})

const key = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'roles',
    'true',
    '1',
    'null',
    'x y',
    'a: b',
    '- a',
    '#',
    "'",
    '"',
    '{',
    'é',
    '~',
    '<<',
  ),
  fc.string({ minLength: 1, maxLength: 8 }),
)
const word = fc.oneof(
  fc.constantFrom(
    'a',
    'true',
    '8MB',
    'yes',
    '1e3',
    '0x1',
    'null',
    '',
    ' a ',
    'a\nb',
    '|',
    '# no',
    'a: b',
    '${x}',
    '- x',
    '\u2028',
    '\\',
  ),
  fc.string({ maxLength: 12 }),
)
const leaf = fc.oneof(word, fc.integer(), fc.boolean())
const tree = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value
const root = fc.dictionary(key, tree, { minKeys: 1, maxKeys: 4, noNullPrototype: true })
const layout = fc.record({ flow: fc.boolean(), indent: fc.constantFrom(2, 4), comments: fc.boolean() })

function written(
  value: unknown,
  { flow, indent, comments }: { flow: boolean; indent: number; comments: boolean },
): string {
  const yaml = stringify(value, {
    indent,
    lineWidth: 0,
    collectionStyle: flow ? 'flow' : 'block',
    defaultStringType: comments ? 'QUOTE_DOUBLE' : 'PLAIN',
  })
  // A comment at the end of each line that opens nothing; quoted texts keep it a comment.
  return comments && !flow ? yaml.replaceAll(/^(.*[\w"\]}])$/gm, '$1 # note') : yaml
}

/** What stands at a path; undefined where nothing does. */
function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[name] : undefined,
    value,
  )
}

test.each(['\u00a0', '\u2028', '\u3000', '\ufeff'])(
  'a text that YAML does not take for white space is replaced: %j',
  (blank) => {
    expect(editSpec(`note: ${blank}\n`, ['note'], 'x')).toBe('note: x\n')
  },
)

test('whatever is edited reads back as the value says', () => {
  let edited = 0
  fc.assert(
    fc.property(
      root,
      fc.array(key, { minLength: 1, maxLength: 3 }),
      fc.option(tree, { nil: undefined }),
      layout,
      fc.nat(),
      (spec, free, value, style, pick) => {
        const before = written(spec, style)
        const start = readYaml(before)
        // Half of the paths lead to something that is there.
        const present = Object.entries(spec).flatMap(([name, inner]) =>
          typeof inner === 'object' && inner !== null
            ? [[name], ...Object.keys(inner).map((below) => [name, below])]
            : [[name]],
        )
        const path = pick % 2 === 0 ? free : (present[pick % present.length] ?? free)
        if (path.includes('__proto__') || start.findings.length > 0) return
        // a key below a list is no place in a spec; editing may refuse it
        if (path.some((_, depth) => Array.isArray(at(start.value, path.slice(0, depth))))) return
        const expected = withValueAt(start.value, path, value)
        const after = editSpec(before, path, value)
        const result = readYaml(after)
        expect(result.findings).toEqual([])
        expect(result.value).toEqual(expected)
        edited += 1
      },
    ),
    { numRuns: 1500 },
  )
  expect(edited).toBeGreaterThan(1000)
})
