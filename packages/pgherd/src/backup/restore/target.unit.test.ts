import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import { parseRestoreTo, understand, type Goal } from './target.ts'

const codeOf = (text: string): string | undefined => {
  try {
    understand(parseRestoreTo(text))
    return undefined
  } catch (error) {
    return error instanceof DiagnosticError ? error.diagnostics[0]?.code : String(error)
  }
}

test.each([
  ['2026-11-21T10:15:00Z', '2026-11-21 10:15:00.000+00'],
  ['2026-11-21 10:15:00+02:00', '2026-11-21 08:15:00.000+00'],
  ['2026-11-21 10:15+0530', '2026-11-21 04:45:00.000+00'],
  ['2026-11-21T10:15:00-03', '2026-11-21 13:15:00.000+00'],
  ['2026-11-21T10:15:00.123456z', '2026-11-21 10:15:00.123456+00'],
  ['2026-11-21T10:15:00.5Z', '2026-11-21 10:15:00.500+00'],
])('the time %s is understood to the microsecond', (text, expected) => {
  expect(understand(parseRestoreTo(text))).toMatchObject({ kind: 'time', text: expected })
})

test.each(['2026-11-21 10:15:00', '2026-11-21T10:15', '2026-11-21', '2026-11-21T10:15:00.5'])(
  '%s could be any zone',
  (text) => {
    expect(codeOf(text)).toBe('RESTORE_TIME_AMBIGUOUS')
  },
)

test.each([
  '',
  'yesterday',
  '2026-13-21T10:15:00Z',
  '2026-02-30T10:15:00Z',
  '2026-11-21T25:00:00Z',
  'lsn:zzz',
  '0/123456789',
  'point:',
  `point:${'x'.repeat(64)}`,
])('%j is no target', (text) => {
  expect(codeOf(text)).toBe('RESTORE_TARGET_INVALID')
})

test('positions and points are told apart from times', () => {
  const goals: Goal[] = ['latest', '0/3000060', 'lsn:1/A', 'point:before: the change'].map((text) =>
    understand(parseRestoreTo(text)),
  )
  expect(goals).toEqual([
    { kind: 'latest' },
    { kind: 'lsn', lsn: 0x3000060n },
    { kind: 'lsn', lsn: 0x1_0000_000an },
    { kind: 'point', name: 'before: the change' },
  ])
})

test('no text does anything but parse or be refused', () => {
  fc.assert(
    fc.property(fc.string(), (text) =>
      [undefined, 'RESTORE_TIME_AMBIGUOUS', 'RESTORE_TARGET_INVALID'].includes(codeOf(text)),
    ),
  )
})
