import colors from 'picocolors'
import { expect, test } from 'vitest'
import { diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { diagnosticText, mendText } from './diagnostic.ts'

const plain = colors.createColors(false)

test('a finding says what, where, why and how to mend it, each on lines of its own', () => {
  const finding = diagnose('PORT_TAKEN', {
    detail:
      'another program listens on 127.0.0.1:5432, so the postgres unit could not listen there, and nobody could connect to the database',
    mend: mend.run('pgherd', 'up', '--state', '/a b'),
    at: { member: 'pg1', path: 'postgres.port', file: '/srv/pgherd.yaml', line: 3 },
  })
  expect(diagnosticText(finding, plain, 80)).toBe(
    [
      'error another program listens on the port PORT_TAKEN',
      '  at   /srv/pgherd.yaml:3:1  postgres.port  pg1',
      '  another program listens on 127.0.0.1:5432, so the postgres unit could not',
      '  listen there, and nobody could connect to the database',
      "  mend pgherd up --state '/a b'",
    ].join('\n'),
  )
})

test('a command to copy is never broken; prose is', () => {
  const long = 'x'.repeat(30)
  const command = diagnose('USAGE', { detail: 'd', mend: mend.run('pgherd', long, long, long) })
  expect(diagnosticText(command, plain, 60)).toContain(`mend pgherd ${long} ${long} ${long}`)
  const advice = diagnose('USAGE', { detail: 'd', mend: mend.advice('word '.repeat(30).trim()) })
  for (const line of diagnosticText(advice, plain, 60).split('\n'))
    expect(line.length).toBeLessThanOrEqual(60)
})

test.each([
  [mend.run('psql', '-c', "select 'x'"), "psql -c 'select '\\''x'\\'''"],
  [
    mend.run('a', '', '$HOME', '*', '`id`', '~', '#', 'a;b', '<x>'),
    "a '' '$HOME' '*' '`id`' '~' '#' 'a;b' '<x>'",
  ],
  [mend.edit('roles.app.access', 'readonly'), 'set roles.app.access to "readonly" in the spec'],
  [mend.edit('postgres.settings', { a: 1 }), 'set postgres.settings to {"a":1} in the spec'],
  [mend.advice('do it'), 'do it'],
])('a mend is one line that can be copied: %j', (how, text) => {
  expect(mendText(how)).toBe(text)
})

test('hostile text in a finding stays text', () => {
  const finding = diagnose('USAGE', {
    detail: 'a\u001b[2J\u001b]0;evil\u0007b',
    mend: mend.advice('\u001b[31m'),
    at: { path: '\u001b[1A' },
  })
  expect(diagnosticText(finding, plain)).not.toContain('\u001b')
})
