import { lstatSync, readFileSync, realpathSync, statSync, unlinkSync } from 'node:fs'
import { uptime } from 'node:os'
import { join } from 'node:path'
import {
  ageOf,
  anyoneWorksIn,
  identify,
  isZombie,
  userOf,
  workingDirectoryOf,
  type ProcessIdentity,
} from '../process-identity.ts'

export interface Postmaster {
  readonly process: ProcessIdentity
  /** Accepts connections, read-only ones included. */
  readonly ready: boolean
}

/** Lines of postmaster.pid (src/include/utils/pidfile.h), counted from 0. */
const pidLine = 0
const startLine = 2
const portLine = 3
const socketLine = 4
const statusLine = 7

/** A server and a clock may disagree by this much about when the process began, in seconds. */
const startTolerance = 5

/**
 * The server that runs on a data directory, whoever started it; undefined when none does. A stale
 * postmaster.pid is told by the process: it must be there, with the data directory as its working
 * directory (the postmaster enters it), or where that cannot be seen, have begun when the file says.
 */
export function findPostmaster(data: string): Postmaster | undefined {
  const lines = linesOf(join(data, 'postmaster.pid'))
  const process = identify(Number(lines[pidLine]))
  if (!process) return undefined
  const directory = workingDirectoryOf(process.pid)
  // the file belongs to whoever runs the server: it must not make root signal somebody else's process
  const user = userOf(process.pid)
  if (user !== undefined && user !== statSync(data).uid) return undefined
  const ours =
    directory === undefined ? beganAt(process, Number(lines[startLine])) : directory === resolved(data)
  if (!ours) return undefined
  const status = lines[statusLine]?.trim()
  return { process, ready: status === 'ready' || status === 'standby' }
}

/**
 * Whether a server began, by today's clock, at another time than it wrote into its file: the clock was set since. Three
 * seconds are what Patroni puts up with (3.0.2, postmaster.py, _is_postmaster_process).
 */
export function startDiffers(data: string, pid: number): boolean {
  const age = ageOf(pid)
  const lines = linesOf(join(data, 'postmaster.pid'))
  const written = Number(lines[startLine])
  if (age === undefined || Number(lines[pidLine]) !== pid || !(written > 0)) return false
  return Math.abs(Date.now() / 1000 - age - written) > 3
}

/**
 * Takes away the locks of a server that is certainly gone although its process id is taken, which is all that PostgreSQL
 * asks (CreateLockFile in src/backend/utils/init/miscinit.c) before it refuses to start: a zombie that pid 1 of a container
 * does not reap, or another program that got the id after a reboot. The locks stay as long as any process works in the data
 * directory, because they also guard the shared memory of children that outlived their server. Gives true when removed.
 */
export function removeDeadLocks(data: string): boolean {
  const file = join(data, 'postmaster.pid')
  const lines = linesOf(file)
  const pid = lines[pidLine] ?? ''
  if (!isZombie(Number(pid)) && !isOfAnotherBoot(file, Number(pid), data)) return false
  if (anyoneWorksIn(resolved(data))) return false
  const socketLock = join(lines[socketLine] ?? '', `.s.PGSQL.${Number(lines[portLine])}.lock`)
  // the path comes from a file of another user: only a file of that user, about that very process, is removed
  const found = lstatSync(socketLock, { throwIfNoEntry: false })
  if (found?.isFile() && found.uid === statSync(data).uid && linesOf(socketLock)[0]?.trim() === pid.trim())
    unlinkSync(socketLock)
  unlinkSync(file)
  return true
}

/**
 * True when the file was written before this machine started and its process id now is that of another program. A file of
 * this boot stays in any case: a container that shares the volume numbers its processes differently.
 */
function isOfAnotherBoot(file: string, pid: number, data: string): boolean {
  const directory = workingDirectoryOf(pid)
  if (directory === undefined || directory === resolved(data)) return false
  return statSync(file).mtimeMs < Date.now() - uptime() * 1000
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

function resolved(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** Only ps(1) gives a date; where it does not, the live process id counts: PostgreSQL itself does not ask for more. */
function beganAt({ started }: ProcessIdentity, seconds: number): boolean {
  const date = Date.parse(started)
  return Number.isNaN(date) || Math.abs(date / 1000 - seconds) <= startTolerance
}
