import { createInterface } from 'node:readline/promises'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { Invocation } from '../command.ts'

/**
 * Asks on a terminal; elsewhere --yes is needed. Throws DiagnosticError when the answer is no, so
 * that no caller can go on by mistake.
 */
export async function confirm(
  question: string,
  { globals, output, signal }: Invocation,
  expected = 'yes',
): Promise<void> {
  if (globals.yes && expected === 'yes') return
  if (!output.interactive) {
    throw new DiagnosticError(
      diagnose('CONFIRMATION_NEEDED', {
        detail: `${question} There is no terminal to ask on.`,
        mend: mend.advice(expected === 'yes' ? 'add --yes' : `add --name ${expected}`),
      }),
    )
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  // Ctrl-C reaches the line editor as a key, Ctrl-D closes it: neither may leave the question open for ever
  const closed = new Promise<undefined>((resolve) => terminal.once('close', () => resolve(undefined)))
  terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    const answer = await Promise.race([
      terminal.question(`${question} ${output.paint.bold(`Type ${expected}:`)} `, { signal }),
      closed,
    ])
    if (answer?.trim() === expected) return
  } finally {
    terminal.close()
  }
  throw new DiagnosticError(
    diagnose('PLAN_DECLINED', {
      detail: 'the answer was not the expected one',
      mend: mend.advice('run it again to go on'),
    }),
  )
}
