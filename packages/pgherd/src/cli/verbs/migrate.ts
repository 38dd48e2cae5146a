import { dirname, resolve } from 'node:path'
import { DiagnosticError, diagnose, exitCodes, mend } from '../../diagnostic/diagnostic.ts'
import type { Verb } from '../command.ts'
import { contextOf, type Action } from '../migrate/action.ts'
import { asFindings } from '../migrate/findings.ts'
import { actions } from '../migrate/registry.ts'
import { textOption } from '../option.ts'

export const run: Verb = async (invocation) => {
  const { globals, args, options, output } = invocation
  const [name = '', ...words] = args
  const action = actionNamed(name, words)
  const folder = resolve(textOption(options, 'dir') ?? resolve(dirname(globals.spec), 'migrations'))
  const { ok, document } = await asFindings(() => action.run(contextOf(invocation, folder, words)))
  output.document({ ok, action: action.name, ...document })
  return ok ? exitCodes.done : exitCodes.findings
}

/** Throws DiagnosticError USAGE. */
function actionNamed(name: string, words: readonly string[]): Action {
  const action = actions.find((each) => each.name === name)
  if (!action)
    throw usage(`there is no action "${name}"; there are: ${actions.map((each) => each.name).join(', ')}`)
  const most = action.words.length
  if (words.length > most || words.length < most - (action.optional ?? 0))
    throw usage(
      `${name} takes ${most === 0 ? 'no words' : action.words.map((each) => `<${each}>`).join(' ')}`,
    )
  return action
}

function usage(detail: string): DiagnosticError {
  return new DiagnosticError(diagnose('USAGE', { detail, mend: mend.run('pgherd', 'migrate', '--help') }))
}
