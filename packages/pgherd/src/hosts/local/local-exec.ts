import { spawn } from 'node:child_process'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { RunAs } from '../../topology/host-facts.ts'
import type { Exit } from '../host.ts'
import { spawnIdentity } from '../run-as.ts'
import { cleanEnvironment } from './environment.ts'

/** Output kept of a program; the rest is dropped, so that a runaway program cannot fill the memory. */
const keptCharacters = 16 * 2 ** 20

export interface ExecOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

/**
 * Runs a program as the run-as user and waits for its end. A program ended by a signal gives code 128,
 * with the signal in stderr. Throws DiagnosticError PROGRAM_MISSING when it cannot be started.
 */
export function execAs(runAs: RunAs, argv: readonly string[], options: ExecOptions = {}): Promise<Exit> {
  const [program = '', ...args] = argv
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...spawnIdentity(runAs),
      cwd: '/',
      env: cleanEnvironment(runAs, options.env),
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const kept = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8')
      child[name].on('data', (text: string) => {
        if (kept[name].length < keptCharacters) kept[name] += text
      })
    }
    child.once('error', (error) => reject(missing(program, runAs, error)))
    child.once('close', (code, signal) => {
      const stderr = signal ? `${kept.stderr}ended by ${signal}\n` : kept.stderr
      resolve({ code: code ?? 128, stdout: kept.stdout, stderr })
    })
    // a program may end without reading its input
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input ?? '')
  })
}

function missing(program: string, runAs: RunAs, error: Error): DiagnosticError {
  return new DiagnosticError(
    diagnose('PROGRAM_MISSING', {
      detail: `${program} cannot be started as "${runAs.name}": ${error.message}`,
      mend: mend.run('ls', '-l', program),
    }),
  )
}
