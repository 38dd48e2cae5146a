import { spawn } from 'node:child_process'
import { join } from 'node:path'

const program = join(import.meta.dirname, '../bin/pgherd.js')

/** How a pgherd ended. */
export interface Ended {
  readonly code: number
  /** Everything it said. */
  readonly said: string
}

/** Runs pgherd as a user does, without a terminal. Never throws for what it says. */
export function pgherd(args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 4, said }))
  })
}

/** The same for what must work: throws with everything it said when it did not. */
export async function mustRun(args: readonly string[]): Promise<string> {
  const { code, said } = await pgherd(args)
  if (code !== 0) throw new Error(`pgherd ${args.join(' ')} ended with ${code}:\n${said}`)
  return said
}
