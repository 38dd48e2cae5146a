import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { DiagnosticError, diagnose, mend } from '../../../diagnostic/diagnostic.ts'
import { asFileFinding } from '../../file-error.ts'

interface Owner {
  readonly uid: number
  readonly gid: number
}

/**
 * Opens a log for appending, made with mode 0600 and handed to its owner. The directory belongs to the
 * user PostgreSQL runs as, so root follows no link and writes to no file that is not plainly a log.
 * Throws DiagnosticError PATH_NOT_OURS and those of asFileFinding.
 */
export function openLog(path: string, owner: Owner): number {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants
  let file: number
  try {
    file = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
  } catch (error) {
    throw asFileFinding(error, 'open the log', path)
  }
  const found = fstatSync(file)
  const mine = process.geteuid?.()
  if (!found.isFile() || found.nlink !== 1 || (found.uid !== owner.uid && found.uid !== mine)) {
    closeSync(file)
    throw new DiagnosticError(
      diagnose('PATH_NOT_OURS', {
        detail: `the log ${path} is no ordinary file of the user with id ${owner.uid}; nothing was written to it`,
        mend: mend.run('ls', '-l', path),
        at: { file: path },
      }),
    )
  }
  if (mine === 0 && found.uid !== owner.uid) fchownSync(file, owner.uid, owner.gid)
  fchmodSync(file, 0o600)
  return file
}

/**
 * Rotates a log that has grown past `bytes`: what is there is copied to `<path>.1` (older ones move up, `kept` stay)
 * and the file is cut to nothing. Copied and not renamed, because the running program keeps its descriptor;
 * it appends, so it goes on at the start. Lines written between copy and cut are lost, as with logrotate's
 * copytruncate. Gives true when it rotated.
 */
export function rotateLog(path: string, owner: Owner, bytes: number, kept: number): boolean {
  const size = lstatSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size <= bytes) return false
  rmSync(`${path}.${kept}`, { force: true })
  for (let number = kept - 1; number >= 1; number--) {
    if (lstatSync(`${path}.${number}`, { throwIfNoEntry: false }))
      renameSync(`${path}.${number}`, `${path}.${number + 1}`)
  }
  const from = openLog(path, owner)
  const to = openSync(
    `${path}.1`,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  )
  try {
    if (process.geteuid?.() === 0) fchownSync(to, owner.uid, owner.gid)
    const buffer = Buffer.alloc(64 * 1024)
    for (let at = 0, read = 1; read > 0; at += read) {
      read = readSync(from, buffer, 0, buffer.length, at)
      writeSync(to, buffer, 0, read)
    }
    ftruncateSync(from, 0)
  } finally {
    closeSync(from)
    closeSync(to)
  }
  return true
}

/** The end of a log, for messages; empty when it cannot be read. */
export function tailOf(path: string, lines: number): string {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch {
    return ''
  }
  try {
    const { size } = fstatSync(file)
    const buffer = Buffer.alloc(Math.min(size, 8192))
    readSync(file, buffer, 0, buffer.length, size - buffer.length)
    return buffer.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n')
  } finally {
    closeSync(file)
  }
}
