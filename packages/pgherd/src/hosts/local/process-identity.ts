import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { uptime } from 'node:os'

/**
 * What tells one process from a later one with the same id: the boot and the start time within it.
 * Nothing else in pgherd may trust a bare process id that was read from a file.
 */
export interface ProcessIdentity {
  readonly pid: number
  readonly started: string
}

/** Who has this process id now; undefined when nobody or only a zombie does. */
export function identify(pid: number): ProcessIdentity | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  const started = process.platform === 'linux' ? startedOnLinux(pid) : startedElsewhere(pid)
  return started === undefined ? undefined : { pid, started }
}

/** True while exactly this process runs. */
export function runs({ pid, started }: ProcessIdentity): boolean {
  return identify(pid)?.started === started
}

/** The working directory of a process, where the system tells (Linux, own processes or root). */
export function workingDirectoryOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return undefined
  }
}

/** True for a process that has ended and whose parent has not asked for its exit yet. */
export function isZombie(pid: number): boolean {
  return process.platform === 'linux' && statFields(pid)?.[0] === 'Z'
}

/** Seconds since a process was started, to the hundredth (proc_pid_stat(5), field 22, in USER_HZ); undefined for none. Linux only. */
export function ageOf(pid: number): number | undefined {
  // fields from the state on, which is the third
  const ticks = Number(statFields(pid)?.[19])
  return Number.isFinite(ticks) ? uptime() - ticks / 100 : undefined
}

/** True for a process that SIGSTOP holds, or that has ended; Linux only. */
export function isStopped(pid: number): boolean {
  return ['T', 'Z', undefined].includes(statFields(pid)?.[0])
}

/** True when a live process has this working directory; Linux only, own processes or all when root. */
export function anyoneWorksIn(directory: string): boolean {
  return allPids().some((pid) => workingDirectoryOf(pid) === directory)
}

/**
 * The live processes whose working directory is this one, links resolved, also when it has been removed under them
 * (proc_pid_cwd(5)); Linux only, own processes or all when root.
 */
export function processesIn(directory: string): ProcessIdentity[] {
  let resolved = directory
  try {
    resolved = realpathSync(directory)
  } catch {
    // it is gone, and may still be somebody's working directory under its old name
  }
  return allPids()
    .filter((pid) => [resolved, `${resolved} (deleted)`].includes(workingDirectoryOf(pid) ?? ''))
    .flatMap((pid) => identify(pid) ?? [])
}

/** The arguments a process was started with, as it shows them; empty for a zombie or where the system does not tell. */
export function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  } catch {
    return []
  }
}

/** The name of the program a process runs (proc_pid_comm(5)), which the title it gives itself does not change. */
export function commandNameOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return undefined
  }
}

/** These processes and all they started, and what those started, as far as the parents still run. Linux only. */
export function withDescendants(roots: readonly number[]): number[] {
  const parents = new Map(allPids().map((pid) => [pid, Number(statFields(pid)?.[1])]))
  const found = new Set(roots.filter((pid) => parents.has(pid)))
  for (let before = -1; before !== found.size;) {
    before = found.size
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid)
  }
  return [...found]
}

/** The process ids that are taken now; Linux only. */
export function allPids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger)
}

/** The user a process runs as, where the system tells. */
export function userOf(pid: number): number | undefined {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid
}

/**
 * The process that was started with this entry (`NAME=value`) in its environment: of those that have it,
 * the one that no other started. Linux only, own processes or root.
 */
export function findByEnvironment(entry: string): ProcessIdentity | undefined {
  if (process.platform !== 'linux') return undefined
  const marked = allPids().filter((pid) => hasEntry(pid, entry))
  const first = marked.find((pid) => !marked.includes(Number(statFields(pid)?.[1])))
  return first === undefined ? undefined : identify(first)
}

function hasEntry(pid: number, entry: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(entry)
  } catch {
    return false
  }
}

let bootId: string | undefined

function startedOnLinux(pid: number): string | undefined {
  const fields = statFields(pid)
  const [state, ticks] = [fields?.[0], fields?.[19]]
  if (state === 'Z' || state === 'X' || ticks === undefined) return undefined
  bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return `${bootId}/${ticks}`
}

/** Fields of proc_pid_stat(5) from the third on (0 state, 1 parent, 19 start time); the second, the name, may hold anything. */
function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** ps(1) gives the start to the second; together with the id that is unique in practice. */
function startedElsewhere(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' },
    })
    const [state = '', ...started] = line.trim().split(/\s+/)
    return started.length === 0 || state.startsWith('Z') ? undefined : started.join(' ')
  } catch {
    return undefined
  }
}
