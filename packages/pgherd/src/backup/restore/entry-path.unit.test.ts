import { expect, test } from 'vitest'
import { entryPath, tablespaceMap, tablespaceOf } from './entry-path.ts'

test('plain names are kept, with dots and slashes tidied', () => {
  expect(['./', 'base/', './base//1/2', 'PG_VERSION'].map(entryPath)).toEqual([
    '',
    'base',
    'base/1/2',
    'PG_VERSION',
  ])
})

test.each(['/etc/passwd', '../x', 'base/../../x', 'a\0b', 'base\\..\\x'])(
  '%j would leave the directory',
  (name) => {
    expect(() => entryPath(name)).toThrow(RangeError)
  },
)

test('a tablespace is known by its link, and its place is escaped in the map', () => {
  expect(['pg_tblspc/16397', 'pg_tblspc/16397/PG_15', 'pg_tblspc', 'base/1'].map(tablespaceOf)).toEqual([
    16397,
    undefined,
    undefined,
    undefined,
  ])
  expect(
    tablespaceMap(
      new Map([
        [5, '/a b'],
        [6, '/c\n\\d'],
      ]),
    ),
  ).toBe('5 /a b\n6 /c\\\n\\\\d\n')
})
