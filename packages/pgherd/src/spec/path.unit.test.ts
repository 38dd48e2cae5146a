import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatPath, parsePath, pathsOverlap, shownPath } from './path.ts'

test('plain keys are joined by dots, others are quoted', () => {
  expect(formatPath(['roles', 'app', 'access'])).toBe('roles.app.access')
  expect(formatPath(['network', 'access', '0', 'from'])).toBe('network.access.0.from')
  expect(formatPath(['roles', 'my.app "x"'])).toBe('roles."my.app \\"x\\""')
})

test('every path can be read back', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 }), (path) => {
      expect(parsePath(formatPath(path))).toEqual(path)
    }),
  )
})

test.each(['a.', '.a', 'a..b', 'a b', '"a', '"a"b', '"\\x"'])('%s is no path', (text) => {
  expect(parsePath(text)).toBeUndefined()
})

test('a shown path cannot move the cursor or hide what follows', () => {
  expect(shownPath(['roles', '\u001b[2J\u202e'])).toBe('roles."\\u{1b}[2J\\u{202e}"')
  expect(shownPath(['roles', 'x'.repeat(1000)]).length).toBeLessThan(100)
})

test('paths overlap when one contains the other', () => {
  expect(pathsOverlap(['roles'], ['roles', 'app'])).toBe(true)
  expect(pathsOverlap(['roles', 'app', 'access'], ['roles', 'app'])).toBe(true)
  expect(pathsOverlap(['roles', 'app'], ['roles', 'apps'])).toBe(false)
})
