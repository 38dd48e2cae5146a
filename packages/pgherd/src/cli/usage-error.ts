import type { CommanderError } from 'commander'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import { commands } from './commands/registry.ts'

/** What is wrong with a command line, with the command line that was most likely meant. */
export function usageError(error: CommanderError, argv: readonly string[]): DiagnosticError {
  const [said = '', suggestion = ''] = error.message.replace(/^error: /, '').split('\n')
  const meant = /^\(Did you mean (?:one of )?([^?,]+)/.exec(suggestion)?.[1]
  const verb = argv.find((word) => commands.some(({ name }) => name === word))
  const isCommand = meant !== undefined && commands.some(({ name }) => name === meant)
  const handedOn = verb === undefined ? undefined : argumentsHandedOn(error, argv, verb)
  if (handedOn) return handedOn
  const detail = error.code === 'commander.help' ? 'no command was given' : said.replace(/\.$/, '')
  return new DiagnosticError(
    diagnose('USAGE', {
      detail: meant === undefined ? detail : `${detail}; did you mean ${meant}?`,
      mend: isCommand
        ? mend.run('pgherd', meant, '--help')
        : mend.run('pgherd', ...(verb === undefined ? [] : [verb]), '--help'),
    }),
  )
}

/** An option of the program that gets the arguments, such as `psql -c`, taken for one of ours. */
function argumentsHandedOn(
  error: CommanderError,
  argv: readonly string[],
  verb: string,
): DiagnosticError | undefined {
  const handsOn = commands.some(({ name, args }) => name === verb && args === '[arguments...]')
  const option = /^error: unknown option '([^']+)'/.exec(error.message)?.[1]
  const at = argv.findIndex((word) => word === option)
  if (!handsOn || option === undefined || at < 0) return undefined
  const parted = [...argv.slice(0, at), '--', ...argv.slice(at)]
  return new DiagnosticError(
    diagnose('USAGE', {
      detail: `${option} is no option of pgherd ${verb}; what is meant for ${verb} itself stands behind --`,
      mend: mend.run('pgherd', ...parted),
    }),
  )
}
