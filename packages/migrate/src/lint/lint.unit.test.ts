import { expect, test } from 'vitest'
import { lint } from '../lint.ts'
import { embedMigrations } from '../source/embed-migrations.ts'

const lintOf = (sql: string) => lint(embedMigrations({ '1_a.sql': sql }))
const found = async (sql: string) => (await lintOf(sql)).findings.map(({ code, at }) => `${code}:${at.line}`)

test('a reason allows one rule in the statement below it or around it, and is told', async () => {
  const report = await lintOf(`alter table a drop column n;
-- pgherd: allow MIG04 because the release before no longer reads it
alter table b drop column n;
alter table c
  drop column n /* pgherd: allow MIG04 because nobody ever did */;
alter table d drop column n;`)
  expect(report.findings.map(({ code, at }) => `${code}:${at.line}`)).toEqual(['MIG04:1', 'MIG04:6'])
  expect(report.allowed.map(({ reason, finding }) => [reason, finding.at.line])).toEqual([
    ['the release before no longer reads it', 3],
    ['nobody ever did', 4],
  ])
})

test.each([
  [
    'without a reason',
    '-- pgherd: allow MIG04\nalter table a drop column n',
    ['MIGRATE_ALLOW_INVALID:1', 'MIG04:2'],
  ],
  [
    'of no rule',
    '-- pgherd: allow MIG44 because I say so\nalter table a drop column n',
    ['MIGRATE_ALLOW_INVALID:1', 'MIG04:2'],
  ],
  [
    'of another rule',
    '-- pgherd: allow MIG01 because I say so\nalter table a drop column n',
    ['MIG04:2', 'MIGRATE_ALLOW_UNUSED:1'],
  ],
  [
    'inside a string',
    `select '\n-- pgherd: allow MIG04 because no\n'; alter table a drop column n`,
    ['MIG04:3'],
  ],
])('a suppression %s allows nothing', async (_, sql, expected) => {
  expect(await found(sql)).toEqual(expected)
})

test('words of SQL in strings, comments, names and bodies are none', async () => {
  expect(
    await found(`select 'drop table orders'; -- drop table orders
/* alter table orders drop column n */
create function f() returns void language plpgsql as $$ begin delete from orders; end $$;
select "drop column" from "alter table";`),
  ).toEqual([])
})

test('what is not SQL is told with its line, also behind characters of several bytes', async () => {
  expect(await found(`select '🐘ü';\n\ncreat table a ()`)).toEqual(['MIGRATE_NOT_SQL:3'])
  expect(await found(`select '🐘ü';\n\nalter table "ü🐘" drop column n`)).toEqual(['MIG04:3'])
})

test('says of each statement which lock it takes, whom that keeps out and whether it rewrites', async () => {
  const { statements } = await lintOf(
    'alter table a add column n int default random(), add foreign key (n) references b; update a set n = 1 where n = 2',
  )
  expect(
    statements.map(({ text, effects }) => [
      text.slice(0, 6),
      effects.map((each) => [each.relation, each.lock, each.keepsOut, each.rewrites]),
    ]),
  ).toEqual([
    [
      'alter ',
      [
        ['"a"', 'ACCESS EXCLUSIVE', 'reads and writes', true],
        ['"a"', 'SHARE ROW EXCLUSIVE', 'writes', false],
        ['"b"', 'SHARE ROW EXCLUSIVE', 'writes', false],
      ],
    ],
    ['update', [['"a"', 'ROW EXCLUSIVE', 'nobody', false]]],
  ])
})

test("a table made by the same migration is nobody's, one made by an earlier file is not", async () => {
  expect(await found('create table a (n int); create index on a (n); alter table a drop column n')).toEqual(
    [],
  )
  const report = await lint(
    embedMigrations({ '1_a.sql': 'create table a (n int)', '2_b.sql': 'alter table a drop column n' }),
  )
  expect(report.findings.map(({ code, at }) => [code, at.version])).toEqual([['MIG04', '2']])
})
