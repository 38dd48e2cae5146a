import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { DiagnosticError, diagnose, mend } from '../../../diagnostic/diagnostic.ts'
import { asFileFinding } from '../../file-error.ts'

/**
 * Reads a file that only the current user (or root) can have written; undefined when there is none. What it says is
 * started as root, so the check is made on the opened file, where no rename can come between.
 * Throws DiagnosticError UNIT_UNSAFE.
 */
export function readTrustedFile(path: string): string | undefined {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    if (error instanceof Error && 'code' in error && error.code === 'ELOOP')
      throw unsafe(path, 'it is a symbolic link')
    throw asFileFinding(error, 'read', path)
  }
  try {
    const { uid, mode } = fstatSync(file)
    if (uid !== 0 && uid !== process.geteuid?.()) throw unsafe(path, `it belongs to user id ${uid}`)
    if ((mode & 0o022) !== 0)
      throw unsafe(path, `others may write to it (mode ${(mode & 0o777).toString(8)})`)
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

function unsafe(path: string, why: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('UNIT_UNSAFE', {
      detail: `${path} says what pgherd starts, but ${why}; it was not used`,
      mend: mend.run('ls', '-l', path),
      at: { file: path },
    }),
  )
}
