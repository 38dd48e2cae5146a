import { runCommandLine } from './cli/command-line.ts'

/** The one entry of the program: reads the arguments, runs the verb, sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // whoever read us has gone, as `head` does: there is nobody left to tell
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
      throw error
    })
  }
  process.exitCode = await runCommandLine(argv)
}
