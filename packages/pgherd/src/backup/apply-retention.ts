import type { Repository } from './repository.ts'
import type { RetentionDecision } from './retention.ts'

/**
 * Removes what was decided. Backups go first and WAL after them, oldest first, so that a crash at any point leaves
 * WAL nobody needs and never a backup whose WAL is gone; the next decision finds the rest.
 */
export async function applyRetention(
  repository: Pick<Repository, 'remove'>,
  decision: RetentionDecision,
): Promise<void> {
  for (const id of decision.removeBackups) await repository.remove(`base/${id}`)
  for (const name of decision.removeWal) await repository.remove(name)
}
