import { statfs } from 'node:fs/promises'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { BackupRecord } from './catalogue.ts'

/** Estimates come from the newest backups: compressibility changes as the data does. */
const backupsLookedAt = 3
/** On top of the estimate, for data that grew or compresses worse than last time. */
const headroom = 1.2
/** Space left free on the volume, since PostgreSQL may share it and stops when it is full: a share, in bytes at most. */
const reserve = { share: 0.05, atMost: 2 ** 30 } as const

export interface SpaceEstimate {
  readonly bytes: number
  readonly because: string
}

/**
 * Space one more base backup will take. Pure. `databaseBytes` is the size of all databases together; without an
 * earlier backup of the same compression it is taken as it is, as if nothing could be compressed.
 */
export function needBytes(
  previous: readonly BackupRecord[],
  databaseBytes: number,
  compression: BackupRecord['compression'],
): SpaceEstimate {
  const shares = previous
    .filter((backup) => backup.compression === compression && backup.bytes > 0)
    .toSorted((a, b) => (a.id < b.id ? 1 : -1))
    .slice(0, backupsLookedAt)
    .map((backup) => backup.storedBytes / backup.bytes)
  const size = `the databases hold ${inWords(databaseBytes)}`
  if (shares.length === 0) {
    return { bytes: databaseBytes, because: `${size}, and how well they compress is not known yet` }
  }
  const share = Math.max(...shares)
  return {
    bytes: Math.ceil(databaseBytes * share * headroom),
    because: `${size}, the last ${shares.length} backup(s) took up to ${Math.round(share * 100)} % of that, and a fifth is added`,
  }
}

/**
 * Refuses to start a backup that will not fit.
 *
 * @throws DiagnosticError BACKUP_DISK_SHORT.
 */
export async function refuseWithoutSpace(directory: string, need: SpaceEstimate): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(directory)
  const kept = Math.min(blocks * bsize * reserve.share, reserve.atMost)
  const usable = Math.max(0, Math.floor(bavail * bsize - kept))
  if (usable >= need.bytes) return
  throw new DiagnosticError(
    diagnose('BACKUP_DISK_SHORT', {
      detail: `a backup needs about ${inWords(need.bytes)} in "${directory}" (${need.because}), and ${inWords(usable)} can be used, with ${inWords(kept)} left in reserve. Nothing was written`,
      mend: mend.advice(
        'free space there, move the repository to a larger disk (backups.repository), or keep fewer backups (backups.retention)',
      ),
      at: { path: 'backups.repository', file: directory },
    }),
  )
}

function inWords(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  const value = bytes / 2 ** (10 * power)
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power] ?? 'bytes'}`
}
