import { spawn } from 'node:child_process'
import { identify, type ProcessIdentity } from '../hosts/local/process-identity.ts'
import { markVariable } from '../hosts/local/supervisor/unit-launch.ts'
import type { CallEnd } from './outcome.ts'

/** Output kept of a call; a result is far smaller. */
const keptCharacters = 4 * 2 ** 20

/** A call of the command line under way. */
export interface Call {
  /** Null when it could not be started, or has ended at once. */
  readonly process: ProcessIdentity | null
  readonly end: Promise<CallEnd>
  /** Asks it to stop at the next consistent point. */
  stop(): void
}

/**
 * Starts the command line in a process of its own: all that it needs is loaded only while it runs, and it goes on to its
 * end when this process dies. What it says on standard error goes to our log.
 */
export function call(argv: readonly string[]): Call {
  const [program = '', ...args] = argv
  const env = { ...process.env }
  // the mark by which the supervisor knows us is not for what we start
  delete env[markVariable]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (stdout.length < keptCharacters) stdout += text
  })
  const end = new Promise<CallEnd>((resolve) => {
    child.once('error', (error) =>
      resolve({
        code: 4,
        signal: null,
        stdout: JSON.stringify({ diagnostics: [{ code: null, detail: error.message }] }),
      }),
    )
    child.once('close', (code, signal) => resolve({ code, signal, stdout }))
  })
  return {
    process: (child.pid === undefined ? undefined : identify(child.pid)) ?? null,
    end,
    stop: () => void child.kill('SIGTERM'),
  }
}
