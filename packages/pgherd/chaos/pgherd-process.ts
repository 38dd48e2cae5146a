import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { DrillCheck } from '../src/operations/drill/drill.ts'

const program = join(import.meta.dirname, '../bin/pgherd.js')

/** How a pgherd ended. */
export interface Ended {
  readonly code: number
  /** Everything it said. */
  readonly said: string
  /** It was killed because it took too long. */
  readonly late?: true
}

/** Runs pgherd as a user does, without a terminal. Never throws for what it says; one that hangs is killed. */
export function pgherd(args: readonly string[], longestSeconds = 900): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  let late = false
  const timer = setTimeout(() => (late = child.kill('SIGKILL')), longestSeconds * 1000)
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  return new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 4, said, ...(late ? { late } : {}) }))
  }).finally(() => clearTimeout(timer))
}

/** The same for what must work: throws with everything it said when it did not. */
export async function mustRun(args: readonly string[]): Promise<string> {
  const { code, said } = await pgherd(args)
  if (code !== 0) throw new Error(`pgherd ${args.join(' ')} ended with ${code}:\n${said}`)
  return said
}

/** A verdict of `--json`: it worked, or a finding with a code says why not. Silence, a hang or a stack trace is none. */
export function endedWithVerdict(name: string, ended: Ended | undefined): DrillCheck {
  const ok =
    ended !== undefined && ended.late !== true && (ended.code === 0 || codesIn(ended.said).length > 0)
  return { name, ok, detail: endOf(ended) }
}

/** It worked, and nothing else will do. */
export function endedWell(name: string, ended: Ended | undefined): DrillCheck {
  return { name, ok: ended?.code === 0, detail: endOf(ended) }
}

function codesIn(said: string): string[] {
  return [...said.matchAll(/"code": "([A-Z_]+)"/g)].map(([, code = '']) => code)
}

/** How it ended and its findings, shortly. */
export function endOf(ended: Ended | undefined): string {
  if (!ended) return 'it was never run'
  if (ended.late === true) return 'it did not come to an end and was killed'
  const details = [...ended.said.matchAll(/"detail": "([^"]*)/g)].map(([, detail]) => detail)
  const findings = details.length > 0 ? details.join('; ') : 'no finding'
  return `it ended with ${ended.code}: ${[...codesIn(ended.said), findings].join(' ').slice(0, 400)}`
}
