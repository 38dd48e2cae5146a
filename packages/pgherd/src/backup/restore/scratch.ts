import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, readdir, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { giveTo, spawnIdentity } from '../../hosts/run-as.ts'
import type { RunAs } from '../../topology/host-facts.ts'
import { isAlive, processMark } from '../repository/process-mark.ts'

/** Says which process a scratch directory belongs to, so that a later one can tell it was left behind. */
const ownerFile = 'owner'

/** A private directory for a throwaway server, gone with this object. */
export class Scratch implements AsyncDisposable {
  readonly path: string
  readonly data: string

  private constructor(path: string) {
    this.path = path
    this.data = join(path, 'data')
  }

  /** Makes one below `parent`, after clearing away what processes that were killed have left there. */
  static async make(parent: string, kind: 'proof' | 'restore' | 'rehearsal', runAs: RunAs): Promise<Scratch> {
    await makePrivate(parent, runAs)
    await sweep(parent)
    const scratch = new Scratch(join(parent, `${kind}-${randomBytes(4).toString('hex')}`))
    await mkdir(scratch.path, { mode: 0o700 })
    await writeFile(join(scratch.path, ownerFile), await processMark(), { mode: 0o600 })
    await giveTo(scratch.path, runAs)
    return scratch
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** A directory only the run-as user (and root) may enter. */
export async function makePrivate(path: string, runAs: RunAs): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await chmod(path, 0o700)
  await giveTo(path, runAs)
}

/** Stops the servers and removes the directories of processes that no longer live. */
export async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const path = join(parent, name)
    const owner = await readFile(join(path, ownerFile), 'utf8').catch(() => '')
    if (await isAlive(owner)) continue
    await stopOrphan(join(path, 'data'))
    await rm(path, { recursive: true, force: true, maxRetries: 3 })
  }
}

/**
 * Stops a server that was left running on a data directory. Its number may belong to another program by now, so the
 * program has to have been started on this very directory.
 */
export async function stopOrphan(data: string): Promise<void> {
  const file = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number(file.split('\n')[0])
  if (!Number.isInteger(pid) || pid < 2) return
  const runsHere = async (): Promise<boolean> =>
    (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0').includes(data)
  for (let waited = 0; await runsHere(); waited += 50) {
    process.kill(pid, waited < 5000 ? 'SIGQUIT' : 'SIGKILL')
    await sleep(50)
  }
}

/**
 * Makes the data directory of a restore; directories missing above it belong to the run-as user too, who has to get
 * through them. Gives the uppermost directory it made. Throws DiagnosticError RESTORE_DIRECTORY_UNREACHABLE.
 */
export async function makeReachable(path: string, runAs: RunAs): Promise<string | undefined> {
  const made = await mkdir(path, { recursive: true, mode: 0o700 })
  for (let each = path; made !== undefined && each.startsWith(made); each = dirname(each))
    await giveTo(each, runAs)
  await makePrivate(path, runAs)
  const { status } = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', path], {
    ...spawnIdentity(runAs),
    stdio: 'ignore',
    cwd: '/',
  })
  if (status === 0) return made
  if (made !== undefined) await rm(made, { recursive: true })
  throw new DiagnosticError(
    diagnose('RESTORE_DIRECTORY_UNREACHABLE', {
      detail: `user ${runAs.name}, as whom PostgreSQL runs, cannot get to ${path}: a directory above it is closed`,
      mend: mend.advice('choose a directory that user can reach, such as one below /var/lib or /srv'),
      at: { file: path },
    }),
  )
}

/** Space beside the data: replayed WAL until the copy's own checkpoints let go of it, and logs. */
const besideData = 512 * 2 ** 20

/**
 * Refuses to unpack what will not fit: PostgreSQL shares the disk and stops when it is full.
 * Throws DiagnosticError RESTORE_NO_SPACE.
 */
export async function refuseWithoutRoom(directory: string, dataBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(await nearestExisting(directory))
  const free = bavail * bsize
  const needed = Math.ceil(dataBytes * 1.05) + besideData
  if (free >= needed) return
  const megabytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MB`
  throw new DiagnosticError(
    diagnose('RESTORE_NO_SPACE', {
      detail: `restoring needs about ${megabytes(needed)} in ${directory}, which has ${megabytes(free)} free; nothing was written`,
      mend: mend.advice('free space on that disk, or restore into a directory on another one with --into'),
      at: { file: directory },
    }),
  )
}

/** The directory itself or the closest one above it that is there already. */
async function nearestExisting(directory: string): Promise<string> {
  const there = await stat(directory).then(
    () => true,
    () => false,
  )
  return there || dirname(directory) === directory ? directory : nearestExisting(dirname(directory))
}
