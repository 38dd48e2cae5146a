import { diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { overrideNumber } from '../sizing.ts'
import { roughSize, sizeText } from '../size-text.ts'
import { planWal, slotShare, walSegment, walShare } from '../wal-plan.ts'
import type { Limit } from './limit.ts'

/** The write-ahead log cannot fill the volume, even when nobody fetches it. */
export const volume: Limit = (sizing) => {
  const { totalBytes, freeBytes } = sizing.facts.volumes.data
  const { maxWal, slotKeep } = planWal(sizing)
  const share = walShare + slotShare
  const sum = maxWal + slotKeep
  const unbounded = (overrideNumber(sizing, 'max_slot_wal_keep_size') ?? 0) < 0
  const chosen = ['max_slot_wal_keep_size', 'max_wal_size'].find((name) => sizing.overrides.has(name))
  if (chosen && (unbounded || sum > totalBytes * 0.5)) {
    return [
      diagnose('WAL_ABOVE_VOLUME', {
        detail: unbounded
          ? 'max_slot_wal_keep_size = -1 has no limit: a stopped agent would fill the disk and stop the database'
          : `max_wal_size and max_slot_wal_keep_size come to ${roughSize(sum)}, more than half of the volume of ${roughSize(totalBytes)}: a stopped agent could fill the disk and stop the database`,
        mend: mend.advice(
          `remove postgres.settings.${chosen}; pgherd keeps both within ${share * 100} % of the volume`,
        ),
        at: { path: `postgres.settings.${chosen}` },
      }),
    ]
  }
  if (!chosen && totalBytes * walShare < 2 * walSegment) {
    return [
      diagnose('VOLUME_TOO_SMALL', {
        detail: `the volume of the data directory has ${roughSize(totalBytes)}; the write-ahead log alone needs up to ${roughSize(sum)}`,
        mend: mend.advice('put the state directory (--state) on a volume of at least 1 GB'),
      }),
    ]
  }
  if (freeBytes >= sum) return []
  return [
    diagnose('FREE_SPACE_SHORT', {
      detail: `${roughSize(freeBytes)} are free on the volume of the data directory, but the write-ahead log may grow to ${roughSize(sum)} when the archive is stopped; part of that may be taken already`,
      mend: mend.advice(
        `free some space, or set postgres.settings.max_slot_wal_keep_size to ${sizeText(Math.max(2 * walSegment, Math.floor(freeBytes / 4 / walSegment) * walSegment))}`,
      ),
      at: { path: 'postgres.settings.max_slot_wal_keep_size' },
    }),
  ]
}
