import {
  chownSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { asFileFinding } from '../file-error.ts'
import { writeWholeFile } from '../whole-file.ts'
import { identify, runs, type ProcessIdentity } from './process-identity.ts'

/** Held until released or until the process ends, in whatever way. */
export interface Lock extends Disposable {
  release(): void
}

export interface LockHolder extends ProcessIdentity {
  /** What the holder does, such as `pgherd up`. */
  readonly purpose: string
  readonly since: string
}

/** The lock of whoever changes a database from the command line, in its state directory. */
export function operationLock(state: string): string {
  return join(state, 'pgherd.lock')
}

/** Keeps held locks from garbage collection, which would close and so release them. */
const heldLocks = new Set<DatabaseSync>()

/**
 * Takes a lock that only one process of this machine can hold; undefined when somebody has it.
 * The kernel releases it when the holder dies, kill -9 included: it is SQLite's exclusive lock on a
 * file (fcntl(2) record locks; https://sqlite.org/lockingv3.html), the only such lock Node has.
 * Never open the lock file yourself: closing any descriptor of it would drop the lock (fcntl(2)).
 */
export function acquireLock(path: string, purpose: string): Lock | undefined {
  prepareFile(path)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: 0 })
    // a journal on disk would make every command fail on a full one, `down` included; nothing is ever written here
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database?.close()
    if (isBusy(error)) return undefined
    throw new DiagnosticError(
      diagnose('FILE_FAILED', {
        detail: `cannot lock ${path}: ${error instanceof Error ? error.message : String(error)}`,
        mend: mend.run('ls', '-l', path),
        at: { file: path },
      }),
    )
  }
  const held = database
  heldLocks.add(held)
  const holder: LockHolder = {
    pid: process.pid,
    started: identify(process.pid)?.started ?? '',
    purpose,
    since: new Date().toISOString(),
  }
  try {
    writeWholeFile(holderFile(path), `${JSON.stringify(holder)}\n`, {
      mode: 0o644,
      owner: statSync(dirname(path)),
    })
  } catch {
    // only information for messages; on a full disk the lock holds all the same
  }
  let released = false
  const release = () => {
    if (released) return
    released = true
    try {
      unlinkSync(holderFile(path))
    } catch {
      // only information for messages; it may have been removed with its directory
    }
    heldLocks.delete(held)
    held.close()
  }
  return { release, [Symbol.dispose]: release }
}

/** As `acquireLock`, but throws DiagnosticError LOCKED with who has it and since when. */
export function requireLock(path: string, purpose: string): Lock {
  const lock = acquireLock(path, purpose)
  if (lock) return lock
  const holder = readHolder(path)
  const who = holder
    ? `${holder.purpose} (pid ${holder.pid}) is at work since ${holder.since}`
    : 'another pgherd is at work'
  throw new DiagnosticError(
    diagnose('LOCKED', {
      detail: `${who}; two at once would undo each other's work`,
      mend: mend.advice('wait until it has ended and run the command again'),
      at: { file: path },
    }),
  )
}

/** Who took the lock last, for messages. */
export function readHolder(path: string): LockHolder | undefined {
  try {
    return JSON.parse(readFileSync(holderFile(path), 'utf8')) as LockHolder
  } catch {
    return undefined
  }
}

/**
 * Who holds a lock now, as far as its note says: for those that may not open the file of the lock itself, as the agent may
 * not when root runs pgherd. A note whose process is gone counts for nothing. Nothing is promised for the next moment.
 */
export function holderAtWork(path: string): LockHolder | undefined {
  const holder = readHolder(path)
  return holder && runs(holder) ? holder : undefined
}

function holderFile(path: string): string {
  return `${path}.holder`
}

/**
 * Makes the file before SQLite does: never through a symbolic link, and owned by the owner of its
 * directory, so that root and the user PostgreSQL runs as can lock each other out.
 */
function prepareFile(path: string): void {
  try {
    const flags = constants.O_RDONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
    closeSync(openSync(path, flags, 0o600))
    if (process.geteuid?.() === 0) {
      const { uid, gid } = statSync(dirname(path))
      chownSync(path, uid, gid)
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST'))
      throw asFileFinding(error, 'lock', path)
    refuseOddFile(path)
  }
}

function refuseOddFile(path: string): void {
  if (lstatSync(path).isFile()) return
  throw new DiagnosticError(
    diagnose('PATH_IN_THE_WAY', {
      detail: `the lock ${path} is no regular file; somebody has put something else in its place`,
      mend: mend.run('ls', '-l', path),
      at: { file: path },
    }),
  )
}

function isBusy(error: unknown): boolean {
  // SQLITE_BUSY is 5 (https://sqlite.org/rescode.html)
  return error instanceof Error && 'errcode' in error && error.errcode === 5
}
