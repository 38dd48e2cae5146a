import { expect, test } from 'vitest'
import { assemble } from './assemble.ts'

const files = (all: Record<string, string>) => Object.entries(all).map(([name, text]) => ({ name, text }))
const codesOf = (all: Record<string, string>) => assemble(files(all)).findings.map(({ code }) => code)

test('a plain file and its down file make one migration, in order of number and not of name', () => {
  const { migrations, findings } = assemble(
    files({ '10_c.sql': 'select 10', '9_b.sql': 'select 9', '9_b.down.sql': 'select -9' }),
  )
  expect(findings).toEqual([])
  expect(migrations.map(({ version, up, down }) => [version, up.text, down?.text])).toEqual([
    ['9', 'select 9', 'select -9'],
    ['10', 'select 10', undefined],
  ])
})

test('dbmate: both directions in one file, transaction:false per direction, lines of the file kept', () => {
  const text =
    '-- notes\n-- migrate:up transaction:false\ncreate index concurrently i on t (a);\n\n-- migrate:down\ndrop index i;\n'
  const { migrations, findings } = assemble(files({ '20240101_add.sql': text }))
  expect(findings).toEqual([])
  expect(migrations[0]).toMatchObject({
    up: { transactional: false, firstLine: 1 },
    down: { transactional: true, firstLine: 5, text: '-- migrate:down\ndrop index i;\n' },
  })
  expect(migrations[0]?.up.text).not.toContain('drop index')
})

test('node-pg-migrate: both directions in one file', () => {
  const text = '-- Up Migration\ncreate table t ();\n\n-- Down Migration\ndrop table t;\n'
  const { migrations, findings } = assemble(files({ '1684258264867_add-t.sql': text }))
  expect(findings).toEqual([])
  expect(migrations[0]?.up.text).toBe('-- Up Migration\ncreate table t ();\n')
  expect(migrations[0]?.down?.text).toBe('-- Down Migration\ndrop table t;\n')
})

test.each([
  ['-- migrate:down', '-- migrate:up'],
  ['-- Down Migration', '-- Up Migration'],
  ['-- down migration is not written', '-- Up Migration'],
])('%j within a string, a body, a name or a block comment cuts nothing', (down, up) => {
  const pieces = [
    `create function f() returns void language plpgsql as $$\nbegin\n${down}\nend $$;`,
    `select '\n${down}\n', e'\\'\n${down}\n', "\n${down}\n";`,
    `/*\n${down}\n*/ select 1;`,
    `select 1; ${down}`,
  ]
  for (const piece of pieces) {
    const plain = assemble(files({ '1_a.sql': `${piece}\nselect 2;` }))
    expect(plain.findings).toEqual([])
    expect(plain.migrations[0]).toMatchObject({ up: { text: `${piece}\nselect 2;` }, down: undefined })
    const real = up === '-- Up Migration' ? '-- Down Migration' : '-- migrate:down'
    const { migrations, findings } = assemble(files({ '1_a.sql': `${up}\n${piece}\n${real}\nselect 3` }))
    expect(findings).toEqual([])
    expect(migrations[0]).toMatchObject({
      up: { text: `${up}\n${piece}` },
      down: { text: `${real}\nselect 3` },
    })
  }
})

test.each(['-- Up Migration', '--up migration', '  -- UP  Migration \r', '----- Up Migration'])(
  '%j is a mark to node-pg-migrate and here',
  (mark) => {
    const { migrations, findings } = assemble(
      files({ '1_a.sql': `/* licence */\n${mark}\nselect 1;\n-- Down Migration\nselect 2` }),
    )
    expect(findings).toEqual([])
    expect(migrations[0]?.down?.text).toBe('-- Down Migration\nselect 2')
  },
)

test.each(['-- Up Migration', '-- migrate:up'])('a directive above %j counts', (mark) => {
  const { migrations } = assemble(files({ '1_a.sql': `-- pgherd: no-transaction\n${mark}\nvacuum` }))
  expect(migrations[0]?.up.transactional).toBe(false)
})

test('sqlx: .up.sql with .down.sql, and "-- no-transaction" on the first line', () => {
  const { migrations, findings } = assemble(
    files({
      '20240101_add.up.sql': '-- no-transaction\ncreate index concurrently i on t (a)',
      '20240101_add.down.sql': 'drop index i',
    }),
  )
  expect(findings).toEqual([])
  expect(migrations[0]).toMatchObject({ up: { transactional: false }, down: { transactional: true } })
})

test('poststack: .rollback.sql', () => {
  const { migrations } = assemble(files({ '001_a.sql': 'select 1', '001_a.rollback.sql': 'select -1' }))
  expect(migrations[0]?.down?.file).toBe('001_a.rollback.sql')
})

test('an edit of the down part in the same file does not change what was applied', () => {
  const first = assemble(files({ '1_a.sql': '-- migrate:up\nselect 1\n-- migrate:down\nselect 2' }))
  const second = assemble(files({ '1_a.sql': '-- migrate:up\nselect 1\n-- migrate:down\nselect 3' }))
  const third = assemble(files({ '1_a.sql': '-- migrate:up\nselect 9\n-- migrate:down\nselect 3' }))
  expect(second.migrations[0]?.checksum).toBe(first.migrations[0]?.checksum)
  expect(third.migrations[0]?.checksum).not.toBe(first.migrations[0]?.checksum)
})

test('byte order mark, line ends and the end of the file do not count; everything else does', () => {
  const checksum = (text: string) => assemble(files({ '1_a.sql': text })).migrations[0]?.checksum
  const plain = checksum('select 1;\nselect 2;\n')
  expect(checksum('\ufeffselect 1;\r\nselect 2;\r\n\r\n')).toBe(plain)
  expect(checksum('select 1;\nselect 2; \nselect 3')).not.toBe(plain)
  expect(checksum('select 1;\n select 2;\n')).not.toBe(plain)
  const [bom] = assemble(files({ '1_a.sql': '\ufeffselect 1' })).migrations
  expect(bom?.up.text).toBe('select 1')
})

test('all problems of all files at once, each with its file', () => {
  const { findings } = assemble(
    files({
      'orders.sql': 'select 1',
      '001_a.sql': 'select 1',
      '001_b.sql': 'select 1',
      '004_c.sql': ' \n',
      '005_d.down.sql': 'select 1',
      '006_nul.sql': 'select 1;\nselect 2\0',
      '007_typo.sql': '-- pgherd: no-transactions\nselect 1',
    }),
  )
  expect(findings.map(({ code, at }) => [code, at.file, at.line])).toEqual([
    ['MIGRATE_NAME_UNREADABLE', 'orders.sql', undefined],
    ['MIGRATE_TEXT_EMPTY', '004_c.sql', undefined],
    ['MIGRATE_TEXT_INVALID', '006_nul.sql', 2],
    ['MIGRATE_DIRECTIVE_UNKNOWN', '007_typo.sql', 1],
    ['MIGRATE_DOWN_ALONE', '005_d.down.sql', undefined],
    ['MIGRATE_VERSION_TWICE', '001_b.sql', undefined],
    ['MIGRATE_GAP', '004_c.sql', undefined],
    ['MIGRATE_GAP', '006_nul.sql', undefined],
  ])
  for (const { detail, mend } of findings) expect(detail.length * mend.text.length).toBeGreaterThan(0)
})

test('gaps count between numbers, not between points in time, and can be allowed', () => {
  expect(codesOf({ '1_a.sql': 'x', '3_b.sql': 'x' })).toEqual(['MIGRATE_GAP'])
  expect(codesOf({ '20240101_a.sql': 'x', '20240301_b.sql': 'x' })).toEqual([])
  expect(codesOf({ '5_a.sql': 'x', '6_b.sql': 'x' })).toEqual([])
  expect(assemble(files({ '1_a.sql': 'x', '3_b.sql': 'x' }), { gaps: 'allow' }).findings).toEqual([])
})

test.each([
  ['two down files', { '1_a.sql': 'x', '1_a.down.sql': 'x', '1_a.rollback.sql': 'x' }, 'MIGRATE_DOWN_TWICE'],
  [
    'a down file and a down part',
    { '1_a.sql': '-- migrate:up\nx\n-- migrate:down\nx', '1_a.down.sql': 'x' },
    'MIGRATE_DOWN_TWICE',
  ],
  ['a down file and a module', { '1_a.ts': 'x', '1_a.down.sql': 'x' }, 'MIGRATE_DOWN_TWICE'],
  ['down before up', { '1_a.sql': '-- migrate:down\nx\n-- migrate:up\nx' }, 'MIGRATE_LAYOUT_INVALID'],
  ['statements above up', { '1_a.sql': 'x;\n-- migrate:up\nx' }, 'MIGRATE_LAYOUT_INVALID'],
  [
    'Down Migration above Up',
    { '1_a.sql': '-- Down Migration\nx\n-- Up Migration\nx' },
    'MIGRATE_LAYOUT_INVALID',
  ],
  [
    'prose that node-pg-migrate would take for a mark',
    {
      '1_a.sql':
        'create table a ();\n-- down migration would lose data, so there is none\ncreate table b ();',
    },
    'MIGRATE_LAYOUT_INVALID',
  ],
  ['Down Migration alone', { '1_a.sql': 'x;\n-- Down Migration\nx' }, 'MIGRATE_LAYOUT_INVALID'],
  [
    'statements above Up Migration, which node-pg-migrate does not run',
    { '1_a.sql': 'x;\n-- Up Migration\nx' },
    'MIGRATE_LAYOUT_INVALID',
  ],
  ['two up marks', { '1_a.sql': '-- migrate:up\nx\n-- migrate:up\nx' }, 'MIGRATE_LAYOUT_INVALID'],
  [
    'two down marks',
    { '1_a.sql': '-- Up Migration\nx\n-- Down Migration\nx\n-- Down Migration\nx' },
    'MIGRATE_LAYOUT_INVALID',
  ],
  [
    'a mark within parentheses',
    { '1_a.sql': '-- migrate:up\ncreate table a (\n-- migrate:down\nn int)' },
    'MIGRATE_LAYOUT_INVALID',
  ],
  [
    'a mark within a body of SQL',
    {
      '1_a.sql': '-- Up Migration\ncreate procedure p() begin atomic\n-- Down Migration\ndelete from a; end;',
    },
    'MIGRATE_LAYOUT_INVALID',
  ],
  ['an option dbmate does not know', { '1_a.sql': '-- migrate:up later\nx' }, 'MIGRATE_LAYOUT_INVALID'],
])('%s cannot be decided and is refused', (_, all, code) => {
  expect(codesOf(all)).toEqual([code])
})

test('versions beyond 2^53 keep their order', () => {
  const { migrations } = assemble(
    files({ '9007199254740993_b.sql': 'x', '9007199254740992_a.sql': 'x', '999_z.sql': 'x' }),
  )
  expect(migrations.map(({ version }) => version)).toEqual(['999', '9007199254740992', '9007199254740993'])
})
