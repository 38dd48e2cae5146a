import { buffer } from 'node:stream/consumers'
import { damagedBackups } from './proof-summary.ts'
import type { Repository } from './repository.ts'
import { parseHistory, type TimelineHistory } from './timelines.ts'
import { historyName } from './wal-names.ts'
import type { Archived } from './window.ts'

/** Reads everything the pure functions on windows, gaps, targets and retention judge. */
export async function readArchived(repository: Repository): Promise<Archived> {
  const [backups, wal, proofs] = await Promise.all([
    repository.backups(),
    repository.wal(),
    repository.proofs(),
  ])
  const histories = await readHistories(repository, wal.histories)
  return { backups, wal, histories, damaged: damagedBackups(proofs) }
}

/**
 * Parses the archived history files.
 *
 * @throws DiagnosticError BACKUP_FILE_DAMAGED, BACKUP_FILE_MISSING.
 */
async function readHistories(
  repository: Repository,
  timelines: readonly number[],
): Promise<Map<number, TimelineHistory>> {
  const histories = new Map<number, TimelineHistory>()
  for (const timeline of timelines) {
    const bytes = await buffer(await repository.open(`wal/${historyName(timeline)}`))
    histories.set(timeline, parseHistory(bytes.toString('latin1')))
  }
  return histories
}
