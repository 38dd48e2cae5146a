import { expect, test } from 'vitest'
import { readHeader } from './header.ts'

test('a directive counts above the first statement only', () => {
  expect(readHeader('-- pgherd: no-transaction\nselect 1').transactional).toBe(false)
  expect(readHeader('\n-- who: me\n\n--pgherd:no-transaction\nselect 1').transactional).toBe(false)
  expect(readHeader('select 1;\n-- pgherd: no-transaction').transactional).toBe(true)
  expect(readHeader("select '\n-- pgherd: no-transaction\n'").transactional).toBe(true)
  expect(readHeader('// pgherd: no-transaction\nexport {}', '//').transactional).toBe(false)
})

test("sqlx's mark counts on the first line only", () => {
  expect(readHeader('-- no-transaction\nselect 1').transactional).toBe(false)
  expect(readHeader('-- why\n-- no-transaction\nselect 1').transactional).toBe(true)
})

test('a directive that means nothing is told with its line; one for the lint is known', () => {
  expect(readHeader('--\n-- pgherd: notransaction\nselect 1').unknown).toEqual([
    { text: 'notransaction', line: 2 },
  ])
  expect(readHeader('-- pgherd: allow MIG04 because it is unused\nselect 1').unknown).toEqual([])
})
