import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

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
