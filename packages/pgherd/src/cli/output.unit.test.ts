import { expect, test } from 'vitest'
import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { createOutput } from './output.ts'
import { screen } from './views/screen.testkit.ts'

const finding = diagnose('USAGE', { detail: 'this is wrong', mend: mend.run('pgherd', '--help') })

test('people get lines and findings, and no document', () => {
  const { output, text, errors } = screen()
  output.line('one')
  output.line()
  output.document({ ok: true })
  output.findings([finding])
  output.complain([finding])
  output.progress('working')
  const said = 'error the command line is not understood USAGE\n  this is wrong\n  mend pgherd --help\n'
  expect(text()).toBe(`one\n\n${said}`)
  expect(errors()).toBe(`${said}working\n`)
})

test('--json is one document and nothing else, on either stream', () => {
  const { output, text, errors } = screen(100, true)
  output.line('one')
  output.findings([finding])
  output.complain([finding])
  output.progress('working')
  output.document({ ok: false, diagnostics: [finding] })
  expect(JSON.parse(text())).toEqual({ ok: false, diagnostics: [finding] })
  expect(errors()).toBe('')
  expect(output.interactive).toBe(false)
})

test('the width is that of the terminal, never absurd; a pipe has 100 columns', () => {
  const widthOf = (stdout: { isTTY?: boolean; columns?: number }) =>
    createOutput(false, {
      stdout: { ...stdout, write: () => true },
      stderr: { write: () => true },
      stdin: {},
    }).width
  expect(widthOf({ isTTY: true, columns: 133 })).toBe(133)
  expect(widthOf({ isTTY: true, columns: 7 })).toBe(40)
  expect(widthOf({ isTTY: true, columns: 0 })).toBe(100)
  expect(widthOf({ columns: 133 })).toBe(100)
})
