import type { CommanderError } from 'commander'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import { commands } from './commands/registry.ts'

/** What is wrong with a command line, with the command line that was most likely meant. */
export function usageError(error: CommanderError, argv: readonly string[]): DiagnosticError {
  const [said = '', suggestion = ''] = error.message.replace(/^error: /, '').split('\n')
  const meant = /^\(Did you mean (?:one of )?([^?,]+)/.exec(suggestion)?.[1]
  const verb = argv.find((word) => commands.some(({ name }) => name === word))
  const isCommand = meant !== undefined && commands.some(({ name }) => name === meant)
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
