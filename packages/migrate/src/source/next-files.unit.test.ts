import { expect, test } from 'vitest'
import fc from 'fast-check'
import { MigrateError } from '../diagnostic/diagnostic.ts'
import { assemble } from './assemble.ts'
import { nextFiles } from './next-files.ts'

const now = new Date('2026-11-29T18:37:05.123Z')
const next = (files: Record<string, string>, name = 'add orders', texts = {}) =>
  nextFiles({ names: Object.keys(files), read: (file) => files[file] ?? '' }, name, now, texts)
const namesOf = (files: Record<string, string>, name?: string) =>
  next(files, name).files.map((each) => each.name)

test.each([
  ['an empty folder', {}, ['001_add_orders.sql', '001_add_orders.down.sql']],
  [
    'our own',
    { '009_a.sql': 'x', '010_b.sql': 'x', '010_b.down.sql': 'x' },
    ['011_add_orders.sql', '011_add_orders.down.sql'],
  ],
  [
    'a counter that outgrows its zeros',
    { '99_a.sql': 'x' },
    ['100_add_orders.sql', '100_add_orders.down.sql'],
  ],
  [
    'sqlx',
    { '20240101000000_a.up.sql': 'x' },
    ['20261129183705_add_orders.up.sql', '20261129183705_add_orders.down.sql'],
  ],
  [
    'poststack',
    { '001_a.sql': 'x', '001_a.rollback.sql': 'x' },
    ['002_add_orders.sql', '002_add_orders.rollback.sql'],
  ],
  [
    'dbmate',
    { '20240101000000_a.sql': '-- migrate:up\nx\n-- migrate:down\ny' },
    ['20261129183705_add_orders.sql'],
  ],
  ['node-pg-migrate', { '1684258264867_a-b.sql': '-- Up Migration\nx' }, [`${now.getTime()}_add_orders.sql`]],
  ['a hyphen behind the number', { '001-a.sql': 'x' }, ['002-add-orders.sql', '002-add-orders.down.sql']],
  [
    'days, two on one',
    { '20261129_a.sql': 'x' },
    ['20261130_add_orders.sql', '20261130_add_orders.down.sql'],
  ],
  [
    'a time in the future',
    { '20301129183705_a.sql': 'x' },
    ['20301129183706_add_orders.sql', '20301129183706_add_orders.down.sql'],
  ],
  ['modules', { '003_a.ts': 'x' }, ['004_add_orders.sql', '004_add_orders.down.sql']],
  [
    'what is no migration',
    { 'README.md': 'x', '999_x.test.ts': 'x' },
    ['001_add_orders.sql', '001_add_orders.down.sql'],
  ],
])('%s', (_, files, names) => {
  expect(namesOf(files)).toEqual(names)
})

test.each([
  '',
  ' ',
  'a.down',
  '../a',
  'a/b',
  'a\\b',
  'a\0',
  'a\nb',
  '-a',
  'a_',
  'a'.repeat(201),
  '001?',
  '\u202ea',
])('the name %j is refused with a mend', (name) => {
  expect(() => next({}, name)).toThrow(MigrateError)
  expect(() => next({}, name)).toThrow(/MIGRATE_NAME_REFUSED: [^]*mend: name it in words/)
})

test('letters of any script are welcome', () => {
  expect(namesOf({}, 'größe 表')[0]).toBe('001_größe_表.sql')
})

test('no version follows the last one there is', () => {
  expect(() => next({ '9223372036854775807_a.sql': 'x' })).toThrow(/no version follows/)
})

test('files that were not written yet are refused by whoever would run them, in every layout', () => {
  for (const first of [
    'create table a ()',
    '-- migrate:up\nx\n-- migrate:down\ny',
    '-- Up Migration\nx\n-- Down Migration\ny',
  ]) {
    const folder = { '1_a.sql': first }
    const all = [...Object.entries(folder).map(([name, text]) => ({ name, text })), ...next(folder).files]
    expect(new Set(assemble(all).findings.map(({ code }) => code))).toEqual(new Set(['MIGRATE_TEXT_EMPTY']))
  }
})

test('property: what is made is read back as the newest migration, with its texts, whatever the folder counts by', () => {
  const stems = fc.constantFrom(
    '1',
    '007',
    '20240101',
    '20240101123456',
    '1684258264867',
    '99999999',
    '9007199254740993',
  )
  const layout = fc.constantFrom('.sql', '.up.sql', 'dbmate', 'node-pg-migrate')
  fc.assert(
    fc.property(stems, layout, fc.constantFrom('_', '-'), (stem, kind, sign) => {
      const [ending, text] =
        kind === 'dbmate'
          ? ['.sql', '-- migrate:up\nx\n-- migrate:down\ny\n']
          : kind === 'node-pg-migrate'
            ? ['.sql', '-- Up Migration\nx\n-- Down Migration\ny\n']
            : [kind, 'x']
      const folder = { [`${stem}${sign}a${ending}`]: text }
      const made = next(folder, 'b', { up: 'select 1;', down: 'select 2;' })
      const { migrations, findings } = assemble([
        ...Object.entries(folder).map(([name, of]) => ({ name, text: of })),
        ...made.files,
      ])
      expect(findings).toEqual([])
      expect(migrations.at(-1)).toMatchObject({ version: made.version, name: 'b' })
      expect(migrations.at(-1)?.up.text).toContain('select 1;')
      expect(migrations.at(-1)?.up.text).not.toContain('select 2;')
      expect(migrations.at(-1)?.down?.text).toContain('select 2;')
    }),
  )
})
