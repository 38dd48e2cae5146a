import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lineComments } from './line-comments.ts'
import { parseText } from './statements.ts'

const textsOf = (text: string) => lineComments(text).map(({ start, end }) => text.slice(start, end))

test.each([
  ["select 'a -- b', '--''--' -- c", ['-- c']],
  ["select e'\\'-- b' -- c", ['-- c']],
  ["select 'a\\' -- c", ['-- c']],
  ["select E'a'\n  '\\'-- b' -- c", ['-- c']],
  ["select name'\\' -- c", ['-- c']],
  ['select "--""--" -- c', ['-- c']],
  ['select $$ -- a $$, $x$ $$ -- b $x$ -- c', ['-- c']],
  ['select a$b$ -- c\n, $1 -- d', ['-- c', '-- d']],
  ['/* a /* -- b */ -- c */ select 1--d', ['--d']],
  ['select 1 +-- c\n2', ['-- c']],
  ["select 'open -- a", []],
  ['select $$ open -- a', []],
])('%j has the comments %j', (text, comments) => {
  expect(textsOf(text)).toEqual(comments)
})

test('what is open around a comment is told: parentheses and bodies of SQL', () => {
  const text = `create table a (
  -- 1 inside
  n int);
-- 2
create procedure p() begin atomic
  select case when true then 1 end;
  -- 3 inside
end;
-- 4`
  expect(lineComments(text).map(({ isInside }) => isInside)).toEqual([true, false, true, false])
})

test('property: of what is SQL to the grammar, both see the same comments', async () => {
  const piece = fc.constantFrom(
    "'a -- b'",
    "e'\\'--'",
    "e'a'\n'\\'--'",
    "'\\'",
    '"--"',
    '$$ -- $$',
    '$x$ $$ -- $x$',
    '/* -- /* a */ */',
    '-- c\n',
    '--\n',
    'a$b',
    '1',
    '+',
    '(1)',
    ', ',
    '\n',
    ' ',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      const text = `select ${pieces.join(' ')}`
      const parsed = await parseText(text).catch(() => undefined)
      if (!parsed) return
      const expected = parsed.comments.map((each) => each.text).filter((each) => each.startsWith('--'))
      expect(textsOf(text).map((each) => each.trimEnd())).toEqual(expected.map((each) => each.trimEnd()))
    }),
    { numRuns: 2000 },
  )
})
