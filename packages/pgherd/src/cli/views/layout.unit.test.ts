import fc from 'fast-check'
import colors from 'picocolors'
import { describe, expect, test } from 'vitest'
import { printable, printableLines } from './printable.ts'
import { table } from './table.ts'
import { visibleWidth } from './visible-width.ts'
import { hanging, wrapped } from './wrap.ts'

const paint = colors.createColors(true)

test.each([
  ['plain', 5],
  [paint.red('plain'), 5],
  [paint.bold(paint.dim('a')) + paint.green('b'), 2],
  ['ünïcödé', 7],
  ['e\u0301', 1],
  ['日本', 4],
  ['🐘', 2],
  ['👩‍💻', 2],
  ['', 0],
])('%j takes %i cells', (text, cells) => {
  expect(visibleWidth(text)).toBe(cells)
})

describe('a wrapped text', () => {
  const words = fc.array(
    fc.string({ unit: fc.constantFrom('a', 'b', 'é', '本'), minLength: 1, maxLength: 12 }),
    { minLength: 1, maxLength: 30 },
  )
  test('keeps every word and no line is wider than asked, but for a word that is', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 5, max: 60 }), (each, width) => {
        const lines = wrapped(each.join(' '), width)
        expect(lines.join(' ')).toBe(each.join(' '))
        for (const line of lines) expect(visibleWidth(line) <= width || !line.includes(' ')).toBe(true)
      }),
    )
  })
  test('keeps its own line breaks, spaces and colours', () => {
    expect(wrapped('a b\nc', 80)).toEqual(['a b', 'c'])
    expect(wrapped('a  b', 80)).toEqual(['a  b'])
    expect(wrapped(paint.red('one two'), 7)).toEqual([paint.red('one two')])
  })
  test('hangs below its beginning', () => {
    expect(hanging('  mend ', 'one two three four five six', 30)).toBe(
      '  mend one two three four five\n       six',
    )
    // too narrow for an indent: readable first
    expect(hanging(' '.repeat(30), 'one two three four five', 40).split('\n')).toHaveLength(2)
  })
})

describe('a table', () => {
  test('pads each column to its widest cell, colours or not, and leaves no trailing space', () => {
    expect(table([['a', paint.red('bb'), 'c'], ['aaa', 'b', ''], ['x']])).toBe(
      `a    ${paint.red('bb')}  c\naaa  b\nx`,
    )
    expect(
      table([
        ['日本', 'x'],
        ['a', 'y'],
      ]),
    ).toBe('日本  x\na     y')
    expect(table([])).toBe('')
    expect(table([['only']], '  ')).toBe('  only')
  })
  test('wraps its last column below itself', () => {
    expect(
      table(
        [
          ['name', 'a text that is too long for the line it stands on'],
          ['n', 'short'],
        ],
        ' ',
        46,
      ),
    ).toBe(' name  a text that is too long for the line it\n       stands on\n n     short')
  })
  test('puts the last column below the row where too little is left for it', () => {
    const wide = 'w'.repeat(30)
    expect(
      table(
        [
          [wide, 'a text that is too long'],
          ['n', 'short'],
        ],
        '',
        40,
      ),
    ).toBe(`${wide}\n    a text that is too long\nn${' '.repeat(31)}short`)
  })
  test('never breaks the width when its words fit', () => {
    const cell = fc
      .array(fc.string({ unit: fc.constantFrom('a', 'z'), minLength: 1, maxLength: 9 }), { maxLength: 20 })
      .map((each) => each.join(' '))
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: fc.constantFrom('x'), maxLength: 20 }), cell), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.integer({ min: 40, max: 120 }),
        (rows, width) => {
          for (const line of table(rows, '  ', width).split('\n'))
            expect(visibleWidth(line)).toBeLessThanOrEqual(width)
        },
      ),
    )
  })
})

test('what comes from elsewhere cannot move the cursor, clear the screen or turn text around', () => {
  expect(printable('a\u001b[2Jb\rc\u0007d\u202ee\nf')).toBe('a\\u{1b}[2Jb\\u{d}c\\u{7}d\\u{202e}e\\u{a}f')
  expect(printableLines('a\r\nb')).toBe('a\\u{d}\nb')
  expect(printable('ünï 🐘 ok')).toBe('ünï 🐘 ok')
})
