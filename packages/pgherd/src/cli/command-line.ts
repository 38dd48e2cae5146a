import { Command as Commander, CommanderError } from 'commander'
import { exitCodes } from '../diagnostic/diagnostic.ts'
import type { Command, Globals } from './command.ts'
import { commands } from './commands/registry.ts'
import { reportFailure } from './failure.ts'
import { createOutput } from './output.ts'
import { runCommand } from './run-command.ts'
import { usageError } from './usage-error.ts'

const version = '0.1.0'

/** Runs one command line and gives its exit code. Never throws, never prints a stack trace. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  let exit: number = exitCodes.done
  for (const stream of [process.stdout, process.stderr]) {
    if (!stream.listeners('error').includes(unread)) stream.on('error', unread)
  }
  const program = buildProgram((code) => (exit = code))
  const end = argv.indexOf('--')
  const output = createOutput((end < 0 ? argv : argv.slice(0, end)).includes('--json'))
  try {
    await program.parseAsync(argv.length === 0 ? ['--help'] : [...argv], { from: 'user' })
    return exit
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportFailure(error, output, 'stderr')
    return error.exitCode === 0 ? exitCodes.done : reportFailure(usageError(error, argv), output, 'stderr')
  }
}

/** A reader that goes away is no defect of ours; run-command.ts ends the work. */
function unread(): void {
  // said to nobody
}

function buildProgram(done: (code: number) => void): Commander {
  const program = withGlobals(new Commander('pgherd'))
    .description('One declarative file becomes a production PostgreSQL: secured, backed up, watched, proven.')
    .version(version)
    .exitOverride()
    // what commander would print about an error is said as a finding, with its mend
    .configureOutput({ writeErr: () => undefined })
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      '\nStart here:\n  pgherd init && pgherd up\n\nExit codes: 0 done, 1 findings, 2 usage, 3 refused, 4 failed.',
    )
  for (const command of commands) addCommand(program, command, done)
  return program
}

/** Options every command has; they may stand before or after its name. */
function withGlobals(command: Commander): Commander {
  return command
    .option('--spec <file>', 'the spec file (default: "./pgherd.yaml")')
    .option('--state <dir>', 'where the database lives; .pgherd/<name> beside the spec when left out')
    .option('--json', 'print one JSON document')
    .option('--yes', 'do not ask')
}

function addCommand(program: Commander, command: Command, done: (code: number) => void): void {
  const added = program
    .command(`${command.name}${command.args ? ` ${command.args}` : ''}`)
    .description(command.summary)
  for (const { flags, description, default: value } of command.options)
    added.option(flags, description, value)
  withGlobals(added).addHelpText('after', `\nExample:\n  ${command.example}`).exitOverride()
  added.action(async (...received: unknown[]) => {
    const { spec, state, json, yes, ...options } = added.optsWithGlobals<Record<string, unknown>>()
    const globals: Globals = {
      spec: typeof spec === 'string' ? spec : './pgherd.yaml',
      ...(typeof state === 'string' ? { state } : {}),
      json: json === true,
      yes: yes === true,
    }
    // commander adds the options and itself behind the arguments; a variadic one comes as a list
    const args = received
      .slice(0, -2)
      .flat()
      .filter((arg): arg is string => typeof arg === 'string')
    done(await runCommand(command, { globals, args, options }))
  })
}
