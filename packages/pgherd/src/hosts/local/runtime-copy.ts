import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  cpSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { asFileFinding } from '../file-error.ts'
import { syncDirectory } from '../whole-file.ts'
import { makeLinks, missingLinks, type EmbeddedPackage } from './embedded-package.ts'

/**
 * Puts the programs of an npm package where the user PostgreSQL runs as can execute them: a copy,
 * made once and atomically (a temporary directory, made safe on disk, renamed), readable by all and
 * writable by nobody but its owner. Gives the copy's `native` directory.
 */
export function copyRuntime(source: EmbeddedPackage, target: string): string {
  const native = join(target, 'native')
  if (existsSync(target)) {
    refuseForeignCopy(target)
    return native
  }
  const temporary = `${target}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`
  try {
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 })
    mkdirSync(temporary, { mode: 0o755 })
    cpSync(source.native, join(temporary, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
      mode: constants.COPYFILE_FICLONE,
    })
    makeLinks(missingLinks(temporary))
    settle(temporary)
    renameSync(temporary, target)
    syncDirectory(dirname(target))
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    // another pgherd made the same copy meanwhile
    if (existsSync(target)) return native
    throw asFileFinding(error, 'copy the PostgreSQL programs to', target)
  }
  return native
}

/** Modes that any user can read, and everything on disk before the rename makes it count. */
function settle(path: string): void {
  const stat = lstatSync(path)
  if (stat.isSymbolicLink()) return
  if (stat.isDirectory()) {
    chmodSync(path, 0o755)
    for (const name of readdirSync(path)) settle(join(path, name))
    syncDirectory(path)
    return
  }
  chmodSync(path, stat.mode & 0o100 ? 0o755 : 0o644)
  const file = openSync(path, 'r')
  fsyncSync(file)
  closeSync(file)
}

/** Programs that root is about to start must not be somebody else's. */
function refuseForeignCopy(target: string): void {
  const { uid, mode } = lstatSync(target)
  if ((uid === 0 || uid === process.geteuid?.()) && (mode & 0o022) === 0) return
  throw new DiagnosticError(
    diagnose('PATH_NOT_OURS', {
      detail: `${target} holds PostgreSQL programs, but belongs to user id ${uid} or can be written by others`,
      mend: mend.run('rm', '-r', target),
      at: { file: target },
    }),
  )
}
