import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Command, Invocation } from './command.ts'
import { reportFailure } from './failure.ts'
import { createOutput } from './output.ts'

/**
 * Loads a command and runs it; gives its exit code and never throws. Ctrl-C, SIGTERM and a reader of our output
 * that went away ask it to stop at the next consistent point; a second Ctrl-C ends the process at once.
 */
export async function runCommand(
  command: Command,
  invocation: Omit<Invocation, 'output' | 'signal'>,
): Promise<number> {
  const output = createOutput(invocation.globals.json)
  const interrupt = new AbortController()
  const onSignal = () => {
    if (command.danger !== 'reads')
      output.progress('interrupted: finishing the step at work; Ctrl-C again ends at once')
    interrupt.abort(interrupted())
  }
  // head and less close the pipe when they have seen enough
  const onPipe = () => interrupt.abort(interrupted())
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  process.stdout.on('error', onPipe)
  try {
    const { run } = await command.load()
    return await run({ ...invocation, output, signal: interrupt.signal })
  } catch (error) {
    // what waited gives up in words of its own, such as AbortError: the reason is the interruption
    const cause: unknown =
      interrupt.signal.aborted && !(error instanceof DiagnosticError) ? interrupt.signal.reason : error
    return reportFailure(cause, output, command.prints === 'value' ? 'stderr' : 'stdout')
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    process.stdout.off('error', onPipe)
  }
}

function interrupted(): DiagnosticError {
  return new DiagnosticError(
    diagnose('INTERRUPTED', {
      detail: 'interrupted; the step at work was finished and nothing after it was begun',
      mend: mend.advice('run the same command again, it goes on from here'),
    }),
  )
}
