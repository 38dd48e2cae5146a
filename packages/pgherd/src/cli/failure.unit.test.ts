import { CommanderError } from 'commander'
import { describe, expect, test } from 'vitest'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import { reportFailure } from './failure.ts'
import { usageError } from './usage-error.ts'
import { screen } from './views/screen.testkit.ts'

describe('what ends a command', () => {
  const refused = diagnose('PORT_TAKEN', { detail: 'taken', mend: mend.advice('stop it') })
  test('is told with its exit code, where it was asked for', () => {
    const out = screen()
    expect(reportFailure(new DiagnosticError(refused), out.output, 'stdout')).toBe(3)
    expect(out.text()).toContain('PORT_TAKEN')
    expect(out.errors()).toBe('')
    const err = screen()
    expect(reportFailure(new DiagnosticError(refused), err.output, 'stderr')).toBe(3)
    expect(err.text()).toBe('')
    expect(err.errors()).toContain('PORT_TAKEN')
  })
  test('is one document with --json', () => {
    const { output, text, errors } = screen(100, true)
    reportFailure(new DiagnosticError(refused), output, 'stderr')
    expect(JSON.parse(text())).toEqual({ ok: false, diagnostics: [refused] })
    expect(errors()).toBe('')
  })
  test.each([new TypeError('x is not a function'), 'a string', undefined, { code: 5 }])(
    'is a defect of ours when it is %j, without a stack trace',
    (error) => {
      const { output, text } = screen()
      expect(reportFailure(error, output, 'stdout')).toBe(4)
      expect(text()).toContain('pgherd made a mistake of its own INTERNAL')
      expect(text()).not.toMatch(/\n\s+at /)
    },
  )
})

describe('a mistaken command line', () => {
  const error = (code: string, message: string) => new CommanderError(1, code, message)
  const [detail, how] = [
    (each: DiagnosticError) => each.diagnostics[0]?.detail,
    (each: DiagnosticError) => each.diagnostics[0]?.mend,
  ]
  test('names the command that was meant', () => {
    const wrong = usageError(
      error('commander.unknownCommand', "error: unknown command 'staus'\n(Did you mean status?)"),
      ['staus'],
    )
    expect(detail(wrong)).toBe("unknown command 'staus'; did you mean status?")
    expect(how(wrong)).toEqual(mend.run('pgherd', 'status', '--help'))
    expect(wrong.exitCode).toBe(2)
  })
  test('names one of several', () => {
    const wrong = usageError(error('x', "error: unknown command 'p'\n(Did you mean one of plan, psql?)"), [
      'p',
    ])
    expect(detail(wrong)).toBe("unknown command 'p'; did you mean plan?")
  })
  test('names the option, and the help of the command it was given to', () => {
    const wrong = usageError(error('x', "error: unknown option '--jsn'\n(Did you mean --json?)"), [
      'up',
      '--jsn',
    ])
    expect(detail(wrong)).toBe("unknown option '--jsn'; did you mean --json?")
    expect(how(wrong)).toEqual(mend.run('pgherd', 'up', '--help'))
  })
  test('without a command asks for one', () => {
    const wrong = usageError(error('commander.help', '(outputHelp)'), ['--json'])
    expect([detail(wrong), how(wrong)]).toEqual(['no command was given', mend.run('pgherd', '--help')])
  })
})
