import { expect, test } from 'vitest'
import type { Ground } from './ground.ts'
import { putBackSql } from './put-back.ts'

test.each([
  ['"$user", public', 'set search_path = "$user", "public";'],
  ['user,other', 'set search_path = "user", "other";'],
  ['"we\'ird", "A b"', 'set search_path = "we\'ird", "A b";'],
  // none of these is a list of usual names, so the server takes the text apart
  ['', `select set_config('search_path', '', false);`],
  ['""', `select set_config('search_path', '""', false);`],
  ['Public', `select set_config('search_path', 'Public', false);`],
  ['"a, b", c', `select set_config('search_path', '"a, b", c', false);`],
  ['"a""b"', `select set_config('search_path', '"a""b"', false);`],
])('the path %j is put back', (searchPath, sql) => {
  const ground = { searchPath, sessionUser: "o'x", role: 'none' } as Ground
  expect(putBackSql(ground)).toBe(
    `set session session authorization 'o''x';\nset session role 'none';\n${sql}\n`,
  )
})
