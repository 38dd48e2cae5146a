import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm, statfs, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { giveTo } from '../../hosts/run-as.ts'
import type { RunAs } from '../../topology/host-facts.ts'
import { processMark } from './process-mark.ts'
import { temporaryEnding } from './stored-name.ts'

/**
 * Writes a file whole or not at all, and so that it is still there after a power cut: temporary name, fsync,
 * rename, fsync of the directory (rename(2), fsync(2)). The file is 0600 and belongs to `owner`.
 *
 * @throws DiagnosticError BACKUP_DISK_FULL, BACKUP_REPOSITORY_UNREADABLE; the temporary file is gone then.
 */
export async function writeDurably(
  path: string,
  owner: RunAs,
  fill: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const directory = dirname(path)
  const mark = `${await processMark()}-${randomBytes(4).toString('hex')}`
  const temporary = join(directory, `.${basename(path)}.${mark}${temporaryEnding}`)
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await fill(file)
      await giveTo(temporary, owner)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await syncDirectory(directory)
  } catch (error) {
    await rm(temporary, { force: true })
    throw await explainWriteFailure(error, path)
  }
}

/** Makes missing directories below `root`, 0700 and the owner's, and makes them last. */
export async function makeDirectories(
  root: string,
  below: string,
  owner: Pick<RunAs, 'uid' | 'gid'>,
): Promise<void> {
  let path = root
  for (const part of below.split('/').filter((each) => each !== '' && each !== '.')) {
    const parent = path
    path = join(path, part)
    try {
      await mkdir(path, { mode: 0o700 })
      await giveTo(path, owner)
      await syncDirectory(parent)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw await explainWriteFailure(error, path)
    }
  }
}

/** Makes a rename or removal in this directory outlast a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** The writer's mark in the name of a temporary file; undefined for any other file. */
export function markOfTemporary(fileName: string): string | undefined {
  return /^\..*\.(\d+-[0-9a-f]+)-[0-9a-f]{8}\.tmp$/.exec(fileName)?.[1]
}

async function explainWriteFailure(error: unknown, path: string): Promise<unknown> {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(path, code, error)
  if (isRefusal(error)) return notAccessible(path, error.code, error)
  return error
}

/** An answer of the file system other than that of a failing disk. */
export function isRefusal(error: unknown): error is { readonly code: string } {
  const { syscall, code } = error as NodeJS.ErrnoException
  return syscall !== undefined && code !== undefined && code !== 'EIO'
}

async function diskFull(path: string, code: string, cause: unknown): Promise<DiagnosticError> {
  const free = await statfs(dirname(path)).then(
    ({ bavail, bsize }) => `${Math.floor((bavail * bsize) / 2 ** 20)} MB are free`,
    () => 'how much is free is not known',
  )
  const what = code === 'EDQUOT' ? 'the disk quota is used up' : 'no space is left on its disk'
  return new DiagnosticError(
    diagnose('BACKUP_DISK_FULL', {
      detail: `"${path}" could not be written: ${what} (${free}). What was written of it has been removed; older backups are untouched, but nothing new is kept until there is space`,
      mend: mend.advice(
        'free space on that disk, move the repository to a larger one (backups.repository), or keep fewer backups (backups.retention)',
      ),
      at: { file: path },
    }),
    { cause },
  )
}

/** A path of the repository that the system does not let us use. */
export function notAccessible(path: string, code: string, cause: unknown): DiagnosticError {
  return new DiagnosticError(
    diagnose('BACKUP_REPOSITORY_UNREADABLE', {
      detail: `the system refuses access to "${path}" (${code}): its owner or mode does not let this user in, it is no directory, or the file system is read-only. Backups can be neither taken nor restored`,
      mend: mend.advice(
        'run pgherd as the user who set the repository up, give the directory back to that user, or set backups.repository to another one',
      ),
      at: { file: path },
    }),
    { cause },
  )
}
