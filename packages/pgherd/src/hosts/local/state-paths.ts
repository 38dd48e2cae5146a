import { lstatSync } from 'node:fs'
import { join, normalize, relative, isAbsolute, sep } from 'node:path'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'

/**
 * Refuses a path that is not strictly below the state directory, or that a symbolic link on the way
 * could lead out of it. The last part itself may be a link: removing or renaming it acts on the link.
 * Throws DiagnosticError PATH_OUTSIDE_STATE.
 */
export function requireBelow(state: string, path: string): void {
  const below = relative(state, normalize(path))
  const outside =
    !isAbsolute(path) || below === '' || below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below)
  if (outside) refuse(path, `it is not below ${state}`)
  const parts = below.split(sep).slice(0, -1)
  let at = state
  for (const part of parts) {
    at = join(at, part)
    if (lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) refuse(path, `${at} is a symbolic link`)
  }
}

function refuse(path: string, why: string): never {
  throw new DiagnosticError(
    diagnose('PATH_OUTSIDE_STATE', {
      detail: `pgherd was about to change ${path}, which it does not own: ${why}`,
      mend: mend.advice('this is a fault of pgherd; nothing was changed. Please report it'),
      at: { file: path },
    }),
  )
}
