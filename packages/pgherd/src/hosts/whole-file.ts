import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { asFileFinding } from './file-error.ts'

export interface WholeFileOptions {
  readonly mode: number
  /** Who gets the file; only root can give files away, so it is ignored for everybody else. */
  readonly owner?: { readonly uid: number; readonly gid: number }
}

/**
 * Writes a file whole or not at all: a temporary file beside it (never through a symbolic link),
 * fsync, rename, fsync of the directory, as rename(2) and fsync(2) ask for. A reader sees the old or
 * the new contents; a crash or a full disk leaves the old. Throws DiagnosticError (asFileFinding).
 */
export function writeWholeFile(path: string, contents: string | Uint8Array, options: WholeFileOptions): void {
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`
  let file: number | undefined
  try {
    file = openSync(
      temporary,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    )
    const bytes = typeof contents === 'string' ? Buffer.from(contents) : contents
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done)
    if (options.owner && process.geteuid?.() === 0) fchownSync(file, options.owner.uid, options.owner.gid)
    fchmodSync(file, options.mode)
    fsyncSync(file)
    closeSync(file)
    file = undefined
    renameSync(temporary, path)
    syncDirectory(dirname(path))
  } catch (error) {
    if (file !== undefined) closeSync(file)
    try {
      unlinkSync(temporary)
    } catch {
      // it was never made, or has been renamed already
    }
    throw asFileFinding(error, 'write', path)
  }
}

/** Makes entries of a directory (a rename, a new file) survive a power loss (fsync(2)). */
export function syncDirectory(path: string): void {
  const directory = openSync(path, constants.O_RDONLY)
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
