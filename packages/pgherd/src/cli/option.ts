import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'

type Options = Readonly<Record<string, unknown>>

/** A text option; undefined when it was not given. */
export function textOption(options: Options, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}

/** What an option lists, separated by commas; empty when it was not given. */
export function listOption(options: Options, name: string): readonly string[] {
  return (textOption(options, name) ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
}

/** A whole number within bounds; throws DiagnosticError USAGE otherwise. */
export function numberOption(
  options: Options,
  name: string,
  bounds: { least: number; most: number },
): number {
  const text = String(options[name])
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= bounds.least && value <= bounds.most) return value
  throw new DiagnosticError(
    diagnose('USAGE', {
      detail: `--${name} is "${text}"; it takes a whole number from ${bounds.least} to ${bounds.most}`,
      mend: mend.advice(`give --${name} a number in that range`),
    }),
  )
}
