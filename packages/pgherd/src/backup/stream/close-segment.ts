import type { Repository, StoreCompression } from '../repository.ts'
import { pieces, walFile } from './partial-segment.ts'
import { ArchiveWriteError } from './wal-session.ts'

/**
 * Finishes the last segment of a timeline that the server has left. Nobody will ever fill it up, and stored as a whole
 * segment, zeros after what there is, it is no gap and the timeline can be restored to its end: also what only a lost
 * primary had is then found there, and nowhere else. Does nothing when the newest partial segment is of `timeline` itself.
 *
 * @throws ArchiveWriteError.
 */
export async function closeLeftSegment(
  repository: Repository,
  compression: StoreCompression,
  timeline: number,
  segmentBytes: number,
): Promise<void> {
  const { partial } = await repository.wal()
  if (!partial || partial.timeline >= timeline) return
  const path = walFile(partial.segment)
  try {
    const whole = Buffer.alloc(segmentBytes)
    let at = 0
    for await (const chunk of await repository.open(`${path}.partial`))
      at += (chunk as Buffer).copy(whole, at)
    await repository.store(path, pieces(whole), compression)
    await repository.remove(`${path}.partial`)
  } catch (error) {
    throw new ArchiveWriteError(error)
  }
}
