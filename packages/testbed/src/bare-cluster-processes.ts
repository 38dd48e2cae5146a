import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { unprivilegedAccount } from './unprivileged.ts'

/** Programs that run for a cluster, each under a name of ours, as the unprivileged account. */
export class ClusterProcesses {
  readonly #home: string
  readonly #children = new Map<string, ChildProcess>()

  constructor(home: string) {
    this.#home = home
  }

  start(name: string, argv: readonly string[], logFile: string): void {
    const [program = '', ...rest] = argv
    const { uid, gid, name: user } = unprivilegedAccount()
    const log = openSync(logFile, 'a')
    const child = spawn(program, rest, {
      ...(process.getuid?.() === 0 ? { uid, gid } : {}),
      cwd: this.#home,
      // without HOME libpq looks for certificates in root's
      env: { HOME: this.#home, USER: user, PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', log, log],
      // a Ctrl-C at the terminal is for the test, which then stops its cluster
      detached: true,
    })
    closeSync(log)
    child.on('error', () => undefined)
    this.#children.set(name, child)
  }

  /** Pid of what runs under the name; undefined when it has ended. */
  pid(name: string): number | undefined {
    const child = this.#children.get(name)
    return child && child.exitCode === null && child.signalCode === null ? child.pid : undefined
  }

  /** Resolves when what runs under the name has ended. */
  async ended(name: string): Promise<void> {
    const child = this.#children.get(name)
    if (child && this.pid(name) !== undefined) await new Promise((resolve) => child.once('exit', resolve))
  }

  get names(): readonly string[] {
    return [...this.#children.keys()]
  }
}

/** Sends a signal; nothing when the process is gone. */
export function signalTo(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(pid, signal)
  } catch {
    // gone already
  }
}

/** Whether a process is there and more than a zombie, which nobody may reap in a container. */
export function isAlive(pid: number): boolean {
  const stat = statOf(pid)
  return stat !== undefined && stat.state !== 'Z'
}

/** All processes below one, nearest first. */
export function descendants(pid: number): readonly number[] {
  const children = new Map<number, number[]>()
  for (const each of processIds()) {
    const stat = statOf(each)
    if (stat) children.set(stat.parent, [...(children.get(stat.parent) ?? []), each])
  }
  const found: number[] = []
  for (
    let next = children.get(pid) ?? [];
    next.length > 0;
    next = next.flatMap((each) => children.get(each) ?? [])
  )
    found.push(...next)
  return found
}

/** Processes that name a directory on their command line, zombies left out. */
export function processesNaming(directory: string): readonly number[] {
  return processIds().filter((pid) => pid !== process.pid && commandOf(pid).includes(directory))
}

/** Command line of a process, or the title it gave itself; empty when it is gone or a zombie. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

/** Waits until all are gone; says which are not when the time is over. */
export async function goneWithin(pids: readonly number[], ms: number): Promise<readonly number[]> {
  const until = performance.now() + ms
  for (;;) {
    const left = pids.filter(isAlive)
    if (left.length === 0 || performance.now() > until) return left
    await sleep(20)
  }
}

function processIds(): readonly number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
}

/** State and parent (proc(5)); the command in between may hold spaces and brackets. */
function statOf(pid: number): { readonly state: string; readonly parent: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state = '', parent = ''] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state, parent: Number(parent) }
  } catch {
    return undefined
  }
}
