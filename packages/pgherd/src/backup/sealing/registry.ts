import { generateX25519Identity } from 'age-encryption'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { Sealing } from '../repository.ts'
import { ageSealing } from './age.ts'
import { noSealing } from './none.ts'

export type SealingKind = 'none' | 'age'

/**
 * The sealing of a repository. `key` is the text of an age identity file: one `AGE-SECRET-KEY-1...` per line,
 * blank lines and lines with `#` ignored, as `age-keygen` writes it. New files are sealed for the first key;
 * every key opens, so a new key is put on top and the old one stays until the backups made with it are gone.
 *
 * @throws DiagnosticError BACKUP_KEY_INVALID when the text is not that.
 */
export function openSealing(kind: SealingKind, key: string): Sealing {
  if (kind === 'none') return noSealing
  const [first, ...others] = key
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (first === undefined) throw new DiagnosticError(invalidKey('it holds no key'))
  try {
    return ageSealing([first, ...others])
  } catch {
    // The library's message may quote the key, so it goes no further.
    throw new DiagnosticError(
      invalidKey('a line of it is not an age identity (AGE-SECRET-KEY-1...) with a right checksum'),
    )
  }
}

/** A new key for `openSealing('age', key)`: an X25519 age identity from the system's random numbers. */
export function generateBackupKey(): Promise<string> {
  return generateX25519Identity()
}

function invalidKey(reason: string) {
  return diagnose('BACKUP_KEY_INVALID', {
    detail: `the backup key cannot be used: ${reason}. Without it no backup can be written or read`,
    mend: mend.advice(
      'put the key back as it was saved; for a new repository, remove the key file and let "pgherd up" generate one',
    ),
  })
}
