import type colors from 'picocolors'
import type { Diagnostic, Mend } from '../../diagnostic/diagnostic.ts'
import { printable, printableLines } from './printable.ts'
import { visibleWidth } from './visible-width.ts'
import { hanging, wrapped } from './wrap.ts'

type Paint = ReturnType<typeof colors.createColors>

/** One finding as people read it: what, where, why, and the mend on a line of its own to copy. */
export function diagnosticText(diagnostic: Diagnostic, paint: Paint, width = 100): string {
  const tint = { error: paint.red, warning: paint.yellow, info: paint.cyan }[diagnostic.severity]
  const { member, path, file, line, column } = diagnostic.at
  const where = [
    file === undefined ? undefined : `${file}${line ? `:${line}:${column ?? 1}` : ''}`,
    path,
    member,
  ]
    .filter((part) => part !== undefined)
    .join('  ')
  const head = `${tint(diagnostic.severity)} ${paint.bold(diagnostic.summary)}`
  const fits = visibleWidth(head) + 1 + diagnostic.code.length <= width
  return [
    `${head}${fits ? ' ' : '\n  '}${paint.dim(diagnostic.code)}`,
    ...(where ? [`  ${paint.dim('at')}   ${printable(where)}`] : []),
    ...wrapped(printableLines(diagnostic.detail), width - 2).map((text) => `  ${text}`),
    mendLine(diagnostic.mend, paint, width),
  ].join('\n')
}

/** A command stays on one line, so that it can be copied; prose is wrapped. */
export function mendLine(mend: Mend, paint: Paint, width = 100): string {
  const first = `  ${paint.dim('mend')} `
  const text = printable(mendText(mend))
  return mend.kind === 'advice' ? hanging(first, text, width) : first + text
}

/** A mend as one line: the command, the edit, or the advice. */
export function mendText(mend: Mend): string {
  switch (mend.kind) {
    case 'run':
      return mend.argv.map(shellWord).join(' ')
    case 'edit':
      return `set ${mend.path} to ${JSON.stringify(mend.to)} in the spec`
    case 'advice':
      return mend.text
  }
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
