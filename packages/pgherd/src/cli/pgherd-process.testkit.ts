import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'

export const program = join(import.meta.dirname, '../../bin/pgherd.js')

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

/** Starts `pgherd` as a user does, in a directory. */
export function start(
  cwd: string,
  argv: readonly string[],
  more: { readonly env?: Record<string, string> } = {},
): Started {
  const child = spawn(process.execPath, [program, ...argv], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: cwd, NO_COLOR: '1', ...more.env },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => setImmediate(() => resolve({ code, stdout, stderr })))
  })
  return { child, ended }
}

export function run(
  cwd: string,
  argv: readonly string[],
  more?: Parameters<typeof start>[2],
): Promise<Ended> {
  return start(cwd, argv, more).ended
}
