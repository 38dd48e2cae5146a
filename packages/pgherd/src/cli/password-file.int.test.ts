import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { writePasswordFile } from './password-file.ts'

const endpoint = { role: 'a:b', database: 'back\\slash', host: '::1', port: 5432, ca: '/ca' }

/** One line as libpq reads it (libpq-pgpass): fields at unescaped colons, a backslash takes the next character as it is. */
function fieldsOf(line: string): string[] {
  const fields = ['']
  for (let at = 0; at < line.length; at++) {
    if (line[at] === ':') fields.push('')
    else fields[fields.length - 1] += line[at] === '\\' ? (line[++at] ?? '') : (line[at] ?? '')
  }
  return fields
}

test('the file is for its owner alone, says what libpq needs, and goes when it is no longer needed', () => {
  const password = ':\\"\' ünï $x'
  const file = writePasswordFile(endpoint, password)
  expect(statSync(file.path).mode & 0o777).toBe(0o600)
  expect(statSync(dirname(file.path)).mode & 0o777).toBe(0o700)
  const text = readFileSync(file.path, 'utf8')
  expect(text.endsWith('\n')).toBe(true)
  expect(fieldsOf(text.slice(0, -1))).toEqual(['::1', '5432', 'back\\slash', 'a:b', password])
  file[Symbol.dispose]()
  expect(existsSync(dirname(file.path))).toBe(false)
})

test('a password of several lines is refused: the second would be read as an entry of its own', () => {
  expect(() => writePasswordFile(endpoint, 'a\n*:*:*:*:b')).toThrow(
    expect.objectContaining({ diagnostics: [expect.objectContaining({ code: 'SECRET_UNAVAILABLE' })] }),
  )
})
