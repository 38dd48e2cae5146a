import { closeTimeline } from '../backup/restore/abandoned-timeline.ts'
import type { Repository } from '../backup/repository.ts'
import { historyName } from '../backup/wal-names.ts'

/** The timeline that begins, and the text of its history file. */
export interface Turn {
  readonly timeline: number
  readonly history: Buffer
}

/**
 * Ends the old timeline in the archive and begins the new one there; all of it or, when it throws, nothing. `data` is
 * the data directory of the stopped server that wrote the old one. Throws what the repository throws.
 */
export async function archiveTurn(
  repository: Repository,
  segmentBytes: number,
  turn: Turn,
  data: string,
): Promise<void> {
  await archiveHistory(repository, turn)
  try {
    await closeTimeline(repository, segmentBytes, data)
  } catch (error) {
    await repository.remove(`wal/${historyName(turn.timeline)}`)
    throw error
  }
}

/**
 * The receiver archives the history as well, but a second restore before it has come so far would take the same number
 * for another timeline.
 */
async function archiveHistory(repository: Repository, { timeline, history }: Turn): Promise<void> {
  const text = (async function* () {
    yield await Promise.resolve(history)
  })()
  await repository.store(`wal/${historyName(timeline)}`, text, { algorithm: 'none', level: 0 })
}
